import { fileURLToPath } from 'node:url';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { readProcessSettings } from '@mcp-everywhere/platform/process';
import { exitOnSignal, startProcess } from '@mcp-everywhere/platform/process/lifecycle';
import { startLocalNetlify } from '@mcp-everywhere/testkit/netlify';

// What `build` left, served as Netlify serves it.
await startProcess(async () => {
  const { host, port, statePath } = readProcessSettings(process.env, 'netlify', '.state');
  const limit = LIMITS.netlify.wallTimeMs.maximum;
  if (typeof limit !== 'number') throw new Error('The limits table has no time for Netlify.');
  const started = await startLocalNetlify({
    directory: fileURLToPath(new URL('.netlify/functions', import.meta.url)),
    host,
    port,
    stateDirectory: statePath,
    timeoutSeconds: limit / 1000,
    environment: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
  });
  exitOnSignal(started);
});
