import { readProcessSettings } from '@mcp-everywhere/platform/process';
import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { context } from 'esbuild';
import { bundle } from './bundle.ts';
import { run } from './cli.ts';

// Netlify's own emulator, on the bundled functions; they are bundled again on changes, which it notices.
await startProcess(async () => {
  const { port } = readProcessSettings(process.env, 'netlify', '.netlify/blobs-serve');
  const building = await context(bundle);
  await building.rebuild();
  await building.watch();
  // In a repository of several packages it takes the folder in netlify.toml for one of the repository's root.
  const functions = ['--functions', bundle.outdir];
  const preload = import.meta.resolve('@mcp-everywhere/testkit/netlify/cli-preload');
  process.exitCode = await run(
    'netlify',
    ['functions:serve', '--offline', '--port', String(port), ...functions],
    ['--import', preload],
  );
  await building.dispose();
});
