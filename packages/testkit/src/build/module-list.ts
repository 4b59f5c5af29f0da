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
      // Bun's has none where nothing is split off.
      imports: z.array(z.object({ path: z.string(), external: z.boolean().optional() })).default([]),
      inputs: z.record(z.string(), z.object({ bytesInOutput: z.int() })),
    }),
  ),
});

/** A file of a bundle: the one that is started, or one that it imports. */
interface BundleFile {
  readonly bytes: number;
  /** Every module that put code into it: paths, as the bundler names them. */
  readonly modules: readonly string[];
}

/** What is in a bundle. */
export interface ModuleList {
  /** Its entry point, relative to the app. */
  readonly entryPoint: string;
  readonly files: readonly BundleFile[];
  /** Those of all its files. */
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
  const split = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map((imported) => imported.path)));
  const lists = Object.entries(outputs).flatMap(([output, { entryPoint }]) => {
    // What is split off has an entry point too, where it is imported as it is.
    if (entryPoint === undefined || split.has(output)) return [];
    const files = filesOf(output, outputs);
    const modules = files.flatMap((file) => file.modules);
    const atStart = loadedWith(entryPoint, inputs);
    return [{ entryPoint, files, modules, atStart: modules.filter((module) => atStart.has(module)) }];
  });
  if (!lists.some(({ entryPoint }) => entryPoint === 'src/main.ts')) throw new Error(`${path} is not of src/main.ts.`);
  return lists;
}

/** A file and all that it imports, however indirectly. */
function filesOf(output: string, outputs: z.infer<typeof metafile>['outputs']): BundleFile[] {
  const found = new Set<string>();
  const waiting = [output];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const imports = outputs[path]?.imports ?? [];
    waiting.push(...imports.filter(({ external }) => external !== true).map((imported) => imported.path));
  }
  return [...found].flatMap((path) => {
    const { bytes, inputs } = outputs[path] ?? {};
    if (bytes === undefined || inputs === undefined) return [];
    const modules = Object.keys(inputs).filter((module) => (inputs[module]?.bytesInOutput ?? 0) > 0);
    return [{ bytes, modules }];
  });
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
