import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reportSizes } from '@mcp-everywhere/testkit/build';
import { netlify } from './cli.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

// As on Netlify's own machines: by netlify.toml, which has bundle.ts run first.
await mkdir(`${root}/dist/public`, { recursive: true });
const code = await netlify(['build', '--offline']);
if (code !== 0) process.exit(code);
const functions = ['server', 'jobs'];
await reportSizes(root, [
  ...functions.map((name) => `dist/functions/${name}.mjs`),
  ...functions.map((name) => `.netlify/functions/${name}.zip`),
]);
