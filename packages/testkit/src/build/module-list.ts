import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '@mcp-everywhere/platform';
import * as z from 'zod';
import { appDirectory } from '../apps/workspace.ts';

/** The part of esbuild's metafile that is read here; Bun writes the same. */
const metafile = z.object({
  inputs: z.record(z.string(), z.object({ imports: z.array(z.object({ path: z.string(), kind: z.string() })) })),
  outputs: z.record(
    z.string(),
    z.object({
      entryPoint: z.string().optional(),
      bytes: z.int(),
      inputs: z.record(z.string(), z.object({ bytesInOutput: z.int() })),
    }),
  ),
});

/** What is in a bundle. */
export interface ModuleList {
  /** Its entry point, relative to the app. */
  readonly entryPoint: string;
  readonly bytes: number;
  /** Every module that put code into it: paths, as the bundler names them. */
  readonly modules: readonly string[];
  /** Those that run when the bundle is loaded: what an `import()` brings is not among them. */
  readonly atStart: readonly string[];
}

/**
 * The module lists of an app's bundles, as its build left them: most apps have one, by the entry point `src/main.ts`.
 *
 * @throws {Error} where the app has not been built
 */
export async function moduleLists(app: Target): Promise<ModuleList[]> {
  const path = join(appDirectory(app), 'dist/meta.json');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`There is no ${path}: build apps/${app} first, with "build" in its directory.`);
  });
  const { inputs, outputs } = metafile.parse(JSON.parse(text));
  const lists = Object.values(outputs).flatMap(({ entryPoint, bytes, inputs: parts }) => {
    if (entryPoint === undefined) return [];
    const atStart = loadedWith(entryPoint, inputs);
    const modules = Object.keys(parts).filter((module) => (parts[module]?.bytesInOutput ?? 0) > 0);
    return [{ entryPoint, bytes, modules, atStart: modules.filter((module) => atStart.has(module)) }];
  });
  if (!lists.some(({ entryPoint }) => entryPoint === 'src/main.ts')) throw new Error(`${path} is not of src/main.ts.`);
  return lists;
}

/** An entry point and all that its `import` statements bring, however indirectly. */
function loadedWith(entryPoint: string, inputs: z.infer<typeof metafile>['inputs']): ReadonlySet<string> {
  const loaded = new Set<string>();
  const waiting = [entryPoint];
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (loaded.has(module)) continue;
    loaded.add(module);
    const imports = inputs[module]?.imports ?? [];
    waiting.push(...imports.filter(({ kind }) => kind !== 'dynamic-import').map(({ path }) => path));
  }
  return loaded;
}

/** The npm package a module belongs to; `undefined` for one of this workspace. */
export function packageOf(module: string): string | undefined {
  const [, scope, name] = /.*node_modules\/(?:(@[^/]+)\/)?([^/]+)/.exec(module) ?? [];
  return scope === undefined ? name : `${scope}/${name}`;
}
