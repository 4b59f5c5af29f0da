import { get } from 'node:http';

// The image's HEALTHCHECK: it has no curl, and not even a shell where it is from scratch. Not `fetch`, which takes longer
// to load. /healthz and not /readyz: an outage of Redis must not end a container that recovers by itself.
const { HOST, MCP_PORT, PORT } = process.env;
const everywhere = ['0.0.0.0', '::'];

get(
  {
    host: HOST && !everywhere.includes(HOST) ? HOST : '127.0.0.1',
    port: MCP_PORT || PORT || 8080,
    path: '/healthz',
    timeout: 2_000,
  },
  ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
