import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { choosePort, openStateDirectory } from '@mcp-everywhere/testkit/netlify';
import { context } from 'esbuild';
import { bundle } from './bundle.ts';
import { run } from './cli.ts';

// Netlify's own emulator, on the bundled functions; they are bundled again on changes, which it notices.
await startProcess(async () => {
  const { host, port, statePath } = readProcessSettings(process.env, 'netlify', '.netlify/blobs-serve');
  // The emulator would take another one.
  const free = await choosePort(host, port);
  // Netlify sets it for every function, but not `functions:serve`.
  process.env.URL = originOf(host, free);
  const state = await openStateDirectory(statePath);
  const building = await context(bundle);
  await building.rebuild();
  await building.watch();
  // In a repository of several packages it takes the folder in netlify.toml for one of the repository's root.
  const functions = ['--functions', bundle.outdir];
  const preload = import.meta.resolve('@mcp-everywhere/testkit/netlify/cli-preload');
  process.exitCode = await run('netlify', ['functions:serve', '--offline', '--port', String(free), ...functions], {
    options: ['--import', preload],
    environment: { STATE_PATH: state.path },
  });
  await building.dispose();
  state.release();
});
