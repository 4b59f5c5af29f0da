import type { HttpFunction } from './messages.ts';

/** A function that a request is for, and what its route took from the path. */
export interface RouteMatch {
  readonly httpFunction: HttpFunction;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Of ASP.NET's constraints the ones without arguments that Azure's own examples use. */
const CONSTRAINTS: Readonly<Record<string, string>> = {
  alpha: '[a-z]+',
  bool: 'true|false',
  guid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  int: '-?\\d+',
};
const PARAMETER = /^\{(?<all>\*{0,2})(?<name>\w+)(?::(?<constraint>[^?}]+))?(?<optional>\?)?\}$/;

/**
 * Finds the function for a method and a path, by ASP.NET's route templates: parameters, optional ones, constraints and a
 * catch-all, in any letter case (https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#customize-the-http-endpoint).
 * The first one that fits is taken, in the order of registration.
 *
 * @param prefix `routePrefix` of host.json
 * @throws {Error} where a template asks for what is not known here
 */
export function routerOf(
  functions: readonly HttpFunction[],
  prefix: string,
): (method: string, path: string) => RouteMatch | undefined {
  const routes = functions.map((httpFunction) => ({
    httpFunction,
    methods: httpFunction.methods.map((method) => method.toUpperCase()),
    pattern: patternOf([prefix, httpFunction.route ?? httpFunction.name].filter(Boolean).join('/')),
  }));
  return (method, path) => {
    for (const { httpFunction, methods, pattern } of routes) {
      const found = methods.includes(method) ? pattern.exec(path) : null;
      if (found !== null) return { httpFunction, parameters: decoded(found.groups ?? {}) };
    }
    return undefined;
  };
}

function patternOf(template: string): RegExp {
  const segments = template.split('/').map((segment) => {
    if (!segment.includes('{')) return `/${segment.replace(/[.*+?^$()|[\]\\]/g, '\\$&')}`;
    const { all, name, constraint, optional } = PARAMETER.exec(segment)?.groups ?? {};
    const value = all ? '.*' : constraint === undefined ? '[^/]+' : CONSTRAINTS[constraint];
    if (name === undefined || value === undefined) {
      throw new Error(`The route "${template}" is not understood by this local host: ${segment}`);
    }
    if (all) return `(?:/(?<${name}>${value}))?`;
    return optional ? `(?:/(?<${name}>${value}))?` : `/(?<${name}>${value})`;
  });
  return new RegExp(`^${segments.join('')}/?$`, 'i');
}

function decoded(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(groups).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(given.map(([name, value]) => [name, decode(value)]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
