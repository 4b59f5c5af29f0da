import type * as z from 'zod';
import type { Target } from '../target.ts';

/** Environment variables as every runtime hands them over. Bindings that are no strings are left out by the app. */
export type EnvironmentSource = Readonly<Record<string, string | undefined>>;

/** Variables that one part of the server (a tool, or the server itself) reads: a zod object, one key a variable. */
export interface EnvironmentNeed<Variables extends z.ZodObject = z.ZodObject> {
  /** Who needs them, as an error names it: `tool "fetch_page"`, `the server`. */
  readonly neededBy: string;
  readonly variables: Variables;
}

/** The parsed values of each need, in the order of the needs. */
export type EnvironmentValues<Needs extends readonly EnvironmentNeed[]> = {
  readonly [Index in keyof Needs]: z.output<Needs[Index]['variables']>;
};

/** What {@link readEnvironment} throws: every missing or invalid variable at once, each with what to do about it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** How a variable is set on each target: the platform's own command, or its settings file. */
const HOW_TO_SET: Record<Target, (variable: string) => string> = {
  node: (variable) => `export ${variable}=…, or node --env-file=.env`,
  bun: (variable) => `export ${variable}=…, or put it into .env, which Bun reads`,
  deno: (variable) => `On Deno Deploy: deno deploy env add ${variable} <value>; locally: deno run --env-file`,
  cloudflare: (variable) => `On Cloudflare: wrangler secret put ${variable}; locally: put it into .dev.vars`,
  netlify: (variable) => `On Netlify: netlify env:set ${variable} <value>`,
  azure: (variable) => `On Azure: az functionapp config appsettings set --settings ${variable}=<value>`,
  lambda: (variable) =>
    `On AWS: aws lambda update-function-configuration --environment "Variables={${variable}=<value>}"`,
  vercel: (variable) => `On Vercel: vercel env add ${variable}`,
};

/**
 * Reads and checks every declared variable once.
 *
 * @param needs who needs what; two needs may name the same variable, each is checked by its own schema
 * @param source the environment as the runtime gives it; an empty string counts as not set
 * @param target for the advice in errors
 * @returns the parsed values of each need, in the order of `needs`
 * @throws {EnvironmentError} naming each variable that is missing or invalid, who needs it, and the target's command to
 *   set it. A value never appears in the message: it may be a secret.
 *
 * @example
 * const [server] = readEnvironment([{ neededBy: 'the server', variables: z.object({ PORT: z.coerce.number() }) }], process.env, 'node');
 */
export function readEnvironment<const Needs extends readonly EnvironmentNeed[]>(
  needs: Needs,
  source: EnvironmentSource,
  target: Target,
): EnvironmentValues<Needs> {
  const problems: string[] = [];
  const values = needs.map(({ neededBy, variables }) => {
    const given = Object.fromEntries(
      Object.keys(variables.shape)
        .filter((variable) => isSet(source, variable))
        .map((variable) => [variable, source[variable]]),
    );
    const parsed = variables.safeParse(given, { reportInput: false });
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const variable = String(issue.path[0] ?? '(environment)');
      const what = isSet(source, variable)
        ? `Invalid environment variable ${variable}: ${neededBy} refuses it: ${issue.message}.`
        : `Missing environment variable ${variable}: ${neededBy} needs it.`;
      problems.push(`${what} ${HOW_TO_SET[target](variable)}`);
    }
    return {};
  });
  if (problems.length > 0) throw new EnvironmentError(problems);
  // Each value was parsed by the schema of the need at its place; `map` keeps places, but not a tuple's type.
  return values as EnvironmentValues<Needs>;
}

/** Whether a variable is there at all; platforms hand over an unset one as `undefined` or as an empty string. */
export function isSet(source: EnvironmentSource, variable: string): boolean {
  return source[variable] !== undefined && source[variable] !== '';
}

/** The environment variables among a Worker's bindings: those that are text, or a number or boolean of `vars`. */
export function textBindings(bindings: object): EnvironmentSource {
  const plain = Object.entries(bindings).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}
