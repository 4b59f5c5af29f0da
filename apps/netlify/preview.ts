import { fileURLToPath } from 'node:url';
import { readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { startLocalNetlify } from '@mcp-everywhere/testkit/netlify';

/** When a function is killed: the server is meant to be done before, whatever WALL_TIME_SECONDS says. */
const LONGEST_SECONDS = 60;

// What `build` left, served as Netlify serves it.
await startProcess(async () => {
  const { host, port, statePath } = readProcessSettings(process.env, 'netlify', '.state');
  const started = await startLocalNetlify({
    directory: fileURLToPath(new URL('.netlify/functions', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    timeoutSeconds: LONGEST_SECONDS,
    environment: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
  });
  exitOnSignal(started);
});
