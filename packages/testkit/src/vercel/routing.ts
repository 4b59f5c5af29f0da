import type { BuildOutput, BuiltFunction } from './build-output.ts';

/** Where a request goes: to a function, or back with a status. */
export type Destination = BuiltFunction | { readonly status: number };

/**
 * Finds the function for a path as Vercel's router does, as far as it goes by the path
 * (https://vercel.com/docs/build-output-api/configuration#routes).
 */
export function destinationOf({ routes, functions }: BuildOutput, pathname: string): Destination {
  // What comes after the others is for a request that has found nothing.
  const end = routes.findIndex((route) => 'handle' in route && route.handle !== 'filesystem');
  let path = pathname;
  for (const route of end === -1 ? routes : routes.slice(0, end)) {
    if ('src' in route) {
      const pattern = new RegExp(route.src);
      if (!pattern.test(path)) continue;
      if ('status' in route) return { status: route.status };
      path = path.replace(pattern, route.dest);
    }
    const found = functionAt(functions, path);
    if (found !== undefined) return found;
  }
  return { status: 404 };
}

/** A function named `index` answers for its directory. One that a queue calls can be called by nobody else. */
function functionAt(functions: BuildOutput['functions'], path: string): BuiltFunction | undefined {
  const name = path.replace(/^\/|\/$/g, '');
  const found = functions.get(name) ?? functions.get(name === '' ? 'index' : `${name}/index`);
  return found?.experimentalTriggers.length === 0 ? found : undefined;
}
