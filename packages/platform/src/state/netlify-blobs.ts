import { type GetStoreOptions, getStore, type Store } from '@netlify/blobs';
import type { Entry } from './engine.ts';
import { atomicStore } from './engine-store.ts';
import { etagEngine, type TaggedEntries, type TaggedEntry, UNKNOWN_ETAG } from './etag-engine.ts';
import { hexKey } from './hex-key.ts';
import { isTransientStatus } from './remote-call.ts';
import type { AtomicStore } from './store.ts';

/** A blob may take 5 GB (https://docs.netlify.com/build/data-and-storage/netlify-blobs/); a function has 1 GB in all. */
const MAX_VALUE_BYTES = 1024 * 1024;

/** The local emulator makes a file of a key, and each part of it a file name of at most 255 bytes. */
const PATH_PART = /.{128}(?=.)/g;

/** Which store of the site. What is left out comes from the function's environment, which Netlify sets. */
export type NetlifyBlobsOptions = Omit<GetStoreOptions, 'consistency' | 'deployID' | 'fetch'> & {
  readonly name: string;
};

/**
 * State in a site's Netlify Blobs, which outlives its deploys. The engine expires nothing and deletes only without
 * condition, so an expired blob stays, unseen, until its key is written or deleted: deleting it when it is met could delete
 * what somebody has just written.
 *
 * @example
 * const store = netlifyBlobsStore({ name: 'state' });
 */
export function netlifyBlobsStore(options: NetlifyBlobsOptions): AtomicStore {
  return atomicStore('netlify-blobs', { maxValueBytes: MAX_VALUE_BYTES }, etagEngine(blobEntries(options)));
}

function blobEntries(options: NetlifyBlobsOptions): TaggedEntries {
  /**
   * One call of the client, in a store of its own: the environment gives every invocation another token.
   *
   * The client takes every answer to a conditional write but 412 for success, 500 and 403 included
   * (https://github.com/netlify/primitives/issues/741), and tries a failure again after 5 s, five times. So it never sees
   * one: what fails is noted here, and the client is given a status that it does not try again.
   */
  async function request<T>(signal: AbortSignal, operation: (store: Store) => Promise<T>): Promise<T> {
    let failure: Error | undefined;
    const checkedFetch: typeof fetch = async (input, init) => {
      try {
        const headers = new Headers(init?.headers);
        // A compressed answer has a weak ETag, and `if-match` never matches one.
        headers.set('accept-encoding', 'identity');
        const response = await fetch(input, { ...init, headers, signal });
        if (isExpected(init?.method, response.status)) return response;
        failure = new UnexpectedStatus(response.status);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
      return new Response(null, { status: 400 });
    };
    try {
      const result = await operation(getStore({ ...options, consistency: 'strong', fetch: checkedFetch }));
      if (failure === undefined) return result;
    } catch (error) {
      throw failure ?? error;
    }
    throw failure;
  }

  return {
    isTransient: (error) => !(error instanceof UnexpectedStatus) || error.isTransient,
    find: (key, signal) =>
      request(signal, async (store) => {
        const blob = await store.getWithMetadata(blobKey(key), { type: 'text' });
        return blob === null ? undefined : toEntry(blob.data, blob.etag);
      }),
    async put(key, entry, signal) {
      await request(signal, (store) => store.set(blobKey(key), toBlob(entry)));
    },
    remove: (key, signal) => request(signal, (store) => store.delete(blobKey(key))),
    create: (key, entry, signal) =>
      request(signal, async (store) => writtenEtag(await store.set(blobKey(key), toBlob(entry), { onlyIfNew: true }))),
    replace: (key, etag, entry, signal) =>
      request(signal, async (store) =>
        writtenEtag(await store.set(blobKey(key), toBlob(entry), { onlyIfMatch: etag })),
      ),
  };
}

function writtenEtag({ modified, etag }: { readonly modified: boolean; readonly etag?: string }): string | undefined {
  return modified ? etag || UNKNOWN_ETAG : undefined;
}

/** An answer that the call had no use for. */
class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus';
  readonly isTransient: boolean;

  constructor(status: number) {
    super(`Netlify Blobs answered with status ${status}.`);
    // 409: another conditional write to the same blob was under way, and this one was not looked at.
    this.isTransient = status === 409 || isTransientStatus(status);
  }
}

function isExpected(method: string | undefined, status: number): boolean {
  if (status >= 200 && status < 300) return true;
  return status === (method?.toLowerCase() === 'put' ? 412 : 404);
}

// Hexadecimal, because a key with a "/" or a ".." is a path to the local emulator. 256 bytes of UTF-8 make 518 bytes, and
// a key takes 600. The "-" keeps what is a directory there apart from what is a file.
function blobKey(key: string): string {
  return hexKey(key).replace(PATH_PART, '$&-/');
}

// In the blob, not in its metadata: an ETag is a hash of the content, and the version makes every content another.
function toBlob({ value, expiresAt, version }: Entry): string {
  return `${expiresAt}\n${version}\n${value}`;
}

function toEntry(blob: string, etag: string | undefined): TaggedEntry {
  const [, expiresAt, version, value] = /^(\d+)\n(\S+)\n(.*)$/s.exec(blob) ?? [];
  if (version === undefined || value === undefined) {
    throw new Error('The store holds a blob that this adapter did not write.');
  }
  // An `onlyIfMatch` without an ETag would write unconditionally.
  if (!etag) throw new Error('Netlify Blobs gave no ETag with the value, so it could not be replaced safely.');
  return { etag, version, value, expiresAt: Number(expiresAt) };
}
