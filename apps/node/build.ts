import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

// Not by the testkit's own, as the other apps are: an image would be built with every runtime the testkit brings.
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.mjs',
  bundle: true,
  minify: true,
  metafile: true,
  platform: 'node',
  format: 'esm',
  charset: 'utf8',
  target: 'node22',
  // ioredis is CommonJS, and an ES module has no `require` for the modules of Node that it asks for.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  logLevel: 'info',
});
await writeFile(new URL('dist/meta.json', import.meta.url), JSON.stringify(metafile));
