import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// Starts the server in the directory given, has it answer what clients of both eras begin with and the health check, and
// ends it. Node leaves the compiled code of all that has run in `compile-cache` there.
const [directory = ''] = process.argv.slice(2);
const READY_WITHIN_MS = 20_000;
const MODERN = '2026-07-28';
const LEGACY = '2025-06-18';

// Some builds share the network of the host, so the port is whichever is free, and only the server itself says which.
const server = start('main.mjs', '0');
try {
  const origin = await originOf(server);
  const call = (revision, method, params) => send(`${origin}/mcp`, revision, method, params);
  if (!(await fetch(`${origin}/readyz`)).ok) throw new Error('The server did not get ready.');
  await call(MODERN, 'tools/list', {});
  await call(MODERN, 'tools/call', { name: 'create_draft', arguments: { title: 'Warm' } });
  await call(LEGACY, 'tools/call', { name: 'search_records', arguments: { query: 'love' } });
  await endsWell(start('healthcheck.mjs', new URL(origin).port), 'The health check');
} finally {
  server.kill('SIGTERM');
}
await endsWell(server, 'The server');

function start(file, port) {
  return spawn(process.execPath, [join(directory, file)], {
    env: { PORT: port, STATE_PATH: ':memory:', NODE_COMPILE_CACHE: join(directory, 'compile-cache') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function endsWell(child, what) {
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${what} ended with ${child.exitCode ?? child.signalCode}.`);
}

async function originOf(child) {
  const late = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, origin] = /^ *MCP endpoint +(http:\S+)\/mcp$/.exec(line) ?? [];
      if (origin !== undefined) return origin;
    }
  } finally {
    clearTimeout(late);
    child.stdout.resume();
  }
  throw new Error('The server ended, or was too slow, before it said where it listens.');
}

async function send(url, revision, method, params) {
  const modern = revision === MODERN && {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'warm-up', version: '1.0.0' },
    },
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': revision,
      ...(modern && { 'mcp-method': method, ...(params.name && { 'mcp-name': params.name }) }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, ...modern } }),
  });
  const body = await response.text();
  if (!response.ok || !body.includes('"result"')) throw new Error(`${method} got ${response.status}: ${body}`);
}
