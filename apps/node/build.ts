import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * BullMQ does not say that its modules do nothing but define. Said for it, what is never used of it (its other engine,
 * PostgreSQL) is left out: a quarter.
 */
const bullmqOnlyDefines: Plugin = {
  name: 'bullmq-only-defines',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(bullmq$|\.)/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolving' || !(path === 'bullmq' || /node_modules[\\/]bullmq[\\/]/.test(importer))) return;
      const resolved = await resolve(path, { importer, kind, resolveDir, pluginData: 'resolving' });
      return { ...resolved, sideEffects: false };
    });
  },
};

await rm(new URL('dist', import.meta.url), { recursive: true, force: true });
// Not by the testkit's own, as the other apps are: an image would be built with every runtime the testkit brings.
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // What comes with an `import()` is a file of its own: whoever has no Redis never reads what speaks to one.
  splitting: true,
  minify: true,
  metafile: true,
  platform: 'node',
  format: 'esm',
  charset: 'utf8',
  target: 'node22',
  mainFields: ['module', 'main'],
  // ioredis is CommonJS, and an ES module has no `require` for the modules of Node that it asks for.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  plugins: [bullmqOnlyDefines],
  logLevel: 'info',
});
await writeFile(new URL('dist/meta.json', import.meta.url), JSON.stringify(metafile));
