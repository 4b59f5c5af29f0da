export { banner } from './banner.ts';
export { type ServerOptions, serverVariableNames } from './config.ts';
export { createServer, type McpServer } from './create-server.ts';
export { surfaceHash } from './surface/surface-hash.ts';
