import type { Readable } from 'node:stream';

/** What came of an invocation. */
export type Reply =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | { readonly kind: 'streamed'; readonly prelude: unknown; readonly body: Readable }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string };

export function failed(errorType: string, message: string): Reply {
  return { kind: 'failed', errorType, message };
}
