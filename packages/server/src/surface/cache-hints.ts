/** What a client may do with an answer it has. */
export interface CacheHint {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/** The hint on the answers that show the surface, which is the same for everybody; without a time none is to be kept. */
export function surfaceHint(ttlSeconds: number): CacheHint {
  return ttlSeconds === 0 ? { ttlMs: 0, cacheScope: 'private' } : { ttlMs: ttlSeconds * 1000, cacheScope: 'public' };
}

/** The same, as the SDK's server wants it. */
export function hintsByMethod(hint: CacheHint) {
  return {
    'server/discover': hint,
    'tools/list': hint,
    'prompts/list': hint,
    'resources/list': hint,
    'resources/templates/list': hint,
  };
}
