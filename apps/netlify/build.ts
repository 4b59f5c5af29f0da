import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reportSizes } from '@mcp-everywhere/testkit/build';
import { run } from './cli.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

// As on Netlify's own machines: by netlify.toml, which has bundle.ts run first. Not by `netlify build`, which looks for the
// repository around this folder, and in one of several packages puts the result into apps/netlify/apps/netlify.
await mkdir(`${root}/dist/public`, { recursive: true });
const code = await run('build', ['--offline', `--cwd=${root}`, `--repository-root=${root}`]);
if (code !== 0) process.exit(code);
const functions = ['server', 'jobs'];
await reportSizes(root, [
  ...functions.map((name) => `dist/functions/${name}.mjs`),
  ...functions.map((name) => `.netlify/functions/${name}.zip`),
]);
