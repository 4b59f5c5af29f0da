import { fileURLToPath } from 'node:url';
import { environmentWith } from '../apps/workspace.ts';
import type { Elicit, EraClient } from './client.ts';
import { connectLegacy } from './legacy-client.ts';

const MCP_REMOTE = fileURLToPath(import.meta.resolve('mcp-remote/dist/proxy.js'));

/** Where mcp-remote connects to, and the directory where it keeps what it knows of servers. */
export interface RemoteConnection {
  readonly url: URL;
  readonly directory: string;
}

/**
 * Connects the official client of the legacy era to mcp-remote, over stdio, and that to the server: in the legacy era as the
 * client speaks it, or in the modern one, into which it translates. It puts a server's questions to the client in both.
 *
 * @param era what mcp-remote speaks with the server
 */
export async function connectMcpRemote(
  { url, directory }: RemoteConnection,
  era: EraClient['era'],
  elicit?: Elicit,
): Promise<EraClient> {
  const protocol = era === 'modern' ? 'auto' : 'legacy';
  const connection = {
    command: process.execPath,
    args: [MCP_REMOTE, url.href, '--transport', 'http-only', '--protocol', protocol, '--allow-http', '--silent'],
    cwd: directory,
    env: environmentWith({ MCP_REMOTE_CONFIG_DIR: directory }),
  };
  return { ...(await connectLegacy(connection, elicit)), era };
}
