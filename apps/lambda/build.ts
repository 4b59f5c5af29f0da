import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { zipOf } from './zip.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** One file with everything in it, the AWS SDK too: the runtime's own is of another version, and loads slower. */
export const bundle = {
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/index.mjs',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // The SDK's ES modules: its CommonJS ones are half as large again, and cannot be required from an ES module.
  mainFields: ['module', 'main'],
  // Lambda hands credentials over in the environment, where the SDK looks first. These are where else it would look, each
  // loaded when it gets that far: an eighth of the whole.
  external: [
    '@aws-sdk/credential-provider-http',
    '@aws-sdk/credential-provider-ini',
    '@aws-sdk/credential-provider-process',
    '@aws-sdk/credential-provider-sso',
    '@aws-sdk/credential-provider-web-identity',
    '@smithy/credential-provider-imds',
  ],
} satisfies BuildOptions;

if (import.meta.main) {
  await build(bundle);
  const code = await readFile(`${root}dist/index.mjs`);
  const archive = zipOf('index.mjs', code);
  await writeFile(`${root}dist/function.zip`, archive);
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
  process.stdout.write(`dist/index.mjs ${kib(code.length)}, dist/function.zip ${kib(archive.length)}\n`);
}
