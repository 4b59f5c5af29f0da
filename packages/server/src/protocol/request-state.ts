import { createRequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';
import type { RequestStateKeys } from './request-state-keys.ts';

/** As long as a person may take to answer. */
const TTL_SECONDS = 600;

/** Seals what a tool hands to its next run, and opens it again: for the same caller and call, and for ten minutes. */
interface RequestState {
  seal(state: unknown): Promise<string>;
  /** `undefined` where it was changed, has expired, or was sealed by another key or for another caller or call. */
  open(sealed: string): Promise<{ readonly state: unknown } | undefined>;
}

/**
 * Signed, not encrypted: the client can read the state, and not the binding.
 *
 * @param binding whose it is and which call's
 */
export function requestState(keys: RequestStateKeys, binding: string, context: ServerContext): RequestState {
  const codecs = async () =>
    (await keys()).map((key) => createRequestStateCodec({ key, ttlSeconds: TTL_SECONDS, bind: () => binding }));
  return {
    async seal(state) {
      const [codec] = await codecs();
      if (codec === undefined) throw new Error('There is no key to seal request state with.');
      return codec.mint(state, context);
    },
    async open(sealed) {
      for (const codec of await codecs()) {
        try {
          return { state: await codec.verify(sealed, context) };
        } catch {
          // Why is not for the client.
        }
      }
      return undefined;
    },
  };
}
