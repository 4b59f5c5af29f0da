import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle, NODE_FUNCTION, reportSizes, zipOf } from '@mcp-everywhere/testkit/build';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What the host finds the function by. No dependencies: they are in the bundle, so nothing installs anything. */
const MANIFEST = { name: 'mcp-everywhere', private: true, type: 'module', main: 'main.mjs' };

/** One file with everything in it but the module that only the host's worker has. */
export const bundle = {
  ...NODE_FUNCTION,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.mjs',
  external: ['@azure/functions-core'],
  // The worker hands that module out by `require`, and no other way.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

/** Puts together what deploys, as the folder `dist/app` and as `dist/app.zip`. */
export async function assemble(): Promise<void> {
  const files = {
    'host.json': await readFile(join(root, 'host.json')),
    'main.mjs': await readFile(join(root, 'dist/main.mjs')),
    'package.json': Buffer.from(JSON.stringify(MANIFEST)),
  };
  // For `func start` in the folder; `func` leaves it behind when it publishes.
  const local = { 'local.settings.json': await readFile(join(root, 'local.settings.json')) };
  await mkdir(join(root, 'dist/app'), { recursive: true });
  for (const [name, content] of Object.entries({ ...files, ...local })) {
    await writeFile(join(root, 'dist/app', name), content);
  }
  await writeFile(join(root, 'dist/app.zip'), zipOf(files));
}

if (import.meta.main) {
  await buildBundle(bundle);
  await assemble();
  await reportSizes(root, ['dist/app/main.mjs', 'dist/app.zip']);
}
