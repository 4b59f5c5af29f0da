import { fileURLToPath } from 'node:url';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { originOf, readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { netlifyBlobsStore } from '@mcp-everywhere/platform/state/netlify-blobs';
import { announce, ownEnvironment } from '@mcp-everywhere/testkit/build';
import { startLocalNetlify } from '@mcp-everywhere/testkit/netlify';

// What `build` left, served as Netlify serves it.
await startProcess(async () => {
  const { host, port, statePath } = readProcessSettings(process.env, 'netlify', '.state');
  const { WALL_TIME_SECONDS } = process.env;
  const started = await startLocalNetlify({
    directory: fileURLToPath(new URL('.netlify/functions', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    // The function itself refuses a time that it cannot have.
    timeoutSeconds: Number(WALL_TIME_SECONDS) || Number(LIMITS.netlify.wallTimeMs.default) / 1000,
    environment: ownEnvironment(),
  });
  exitOnSignal(started);
  await announce('netlify', originOf(host, started.port), netlifyBlobsStore({ name: 'unread' }));
});
