import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { vercelKvStore } from '@mcp-everywhere/platform/state/vercel-kv';
import { announce, onBuilt, ownEnvironment } from '@mcp-everywhere/testkit/build';
import { type LocalVercel, startLocalVercel } from '@mcp-everywhere/testkit/vercel';
import { context } from 'esbuild';
import { bundle, writeBuildOutput } from './build.ts';

// The function as it is deployed, in an environment like Vercel's: builds it, unless told that it is built, and again on changes.
await startProcess(async () => {
  const { values } = parseArgs({ options: { built: { type: 'boolean', default: false } } });
  const { host, port, statePath } = readProcessSettings(process.env, 'vercel', '.state/redis');
  let vercel: LocalVercel | undefined;
  const built = Promise.withResolvers<void>();
  const onBuild = async () => {
    await writeBuildOutput();
    built.resolve();
    vercel?.renew();
  };
  const building = values.built
    ? undefined
    : await context({ ...bundle, plugins: [...bundle.plugins, onBuilt(onBuild)] });
  if (building !== undefined) {
    // It builds at once, and nothing may start while that is being written.
    await building.watch();
    await built.promise;
  }
  const started = await startLocalVercel({
    directory: fileURLToPath(new URL('.vercel/output', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    environment: ownEnvironment(),
  });
  vercel = started;
  exitOnSignal({
    drain: started.drain,
    close: async () => {
      await building?.dispose();
      await started.close();
    },
  });
  const state = vercelKvStore({ url: 'http://not.read', token: 'not-read' });
  await announce('vercel', originOf(host, started.port), state);
  if (started.warning !== undefined) process.stdout.write(`${started.warning}\n\n`);
});
