import type { KeyValueStore } from '@mcp-everywhere/platform';

/** Whether the engines answer, by the name `runtime_info` has for them. */
export interface Readiness {
  readonly ready: boolean;
  readonly stores: Readonly<Record<string, 'ready' | 'unavailable'>>;
}

/** A probe that waits longer than this would be taken for a dead instance itself. */
const PROBE_MS = 2000;

/** No tool's key: theirs begin with `state/` or `shared/`. */
const PROBE_KEY = 'readiness';

/**
 * Asks each engine for a key that is not there: the least that shows it answers. Asked anew each time, so an instance is
 * ready again as soon as its engine is.
 */
export async function readiness(stores: readonly KeyValueStore[]): Promise<Readiness> {
  const answers = await Promise.all(
    [...new Set(stores)].map(async (store) => [store.kind, (await isReady(store)) ? 'ready' : 'unavailable'] as const),
  );
  return { ready: answers.every(([, answer]) => answer === 'ready'), stores: Object.fromEntries(answers) };
}

async function isReady(store: KeyValueStore): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PROBE_MS);
  const answered = store.get(PROBE_KEY).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
