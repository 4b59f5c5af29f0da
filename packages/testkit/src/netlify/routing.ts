import type { BuiltFunction, Route } from './artifact.ts';

/** Where a function without routes is called. */
const BY_NAME = /^\/\.netlify\/functions\/([\w-]+)\/?$/;

/** The function that serves a request, if one does: as `netlify-cli` picks it. */
export function functionFor<Built extends BuiltFunction>(
  functions: readonly Built[],
  method: string,
  pathname: string,
): Built | undefined {
  const [, called] = BY_NAME.exec(pathname) ?? [];
  if (called !== undefined) return functions.find(({ name, routes }) => name === called && routes.length === 0);
  const path = (pathname === '/' ? pathname : pathname.replace(/\/$/, '')).toLowerCase();
  return functions.find(
    ({ routes, excludedRoutes }) =>
      routes.some((route) => matches(route, path) && (route.methods.length === 0 || route.methods.includes(method))) &&
      !excludedRoutes.some((route) => matches(route, path)),
  );
}

function matches({ literal, expression }: Route, path: string): boolean {
  return literal === path || (expression !== undefined && new RegExp(expression).test(path));
}
