/**
 * The URL of a request. Put together, and not resolved: `//name/path` resolved is a path on another host.
 *
 * @param target as it came: path and query
 * @param origin e.g. `http://127.0.0.1:8080`
 * @returns `undefined` where they make none: the client is to get 400
 */
export function requestUrl(target: string | undefined, origin: string): URL | undefined {
  if (!target?.startsWith('/') || !URL.canParse(origin)) return undefined;
  return URL.parse(origin + target) ?? undefined;
}
