import { spawn } from 'node:child_process';
import { readProcessSettings } from '@mcp-everywhere/platform/process';
import { startProcess } from '@mcp-everywhere/platform/process/lifecycle';

// wrangler knows no PORT: this hands it over, and keeps the development server off the network.
await startProcess(() => {
  const { host, port } = readProcessSettings(process.env, 'cloudflare', '.wrangler/state');
  const wrangler = spawn('wrangler', ['dev', '--ip', host, '--port', String(port), ...process.argv.slice(2)], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', ...process.env },
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => wrangler.kill(signal));
  wrangler.on('exit', (code) => process.exit(code ?? 0));
});
