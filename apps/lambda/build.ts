import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle, NODE_FUNCTION, reportSizes, zipOf } from '@mcp-everywhere/testkit/build';

const root = fileURLToPath(new URL('.', import.meta.url));

/** One file with everything in it, the AWS SDK too: the runtime's own is of another version, and loads slower. */
export const bundle = {
  ...NODE_FUNCTION,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/index.mjs',
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
};

if (import.meta.main) {
  await buildBundle(bundle);
  await writeFile(
    join(root, 'dist/function.zip'),
    zipOf({ 'index.mjs': await readFile(join(root, 'dist/index.mjs')) }),
  );
  await reportSizes(root, ['dist/index.mjs', 'dist/function.zip']);
}
