import { fileURLToPath } from 'node:url';
import { buildBundle, NODE_FUNCTION } from '@mcp-everywhere/testkit/build';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Each function is one file, named as the function. By netlify.toml, Netlify packs it as it is. */
export const bundle = {
  ...NODE_FUNCTION,
  absWorkingDir: root,
  entryPoints: { server: 'src/main.ts', jobs: 'src/jobs.ts' },
  outdir: 'dist/functions',
  outExtension: { '.js': '.mjs' },
};

if (import.meta.main) await buildBundle(bundle);
