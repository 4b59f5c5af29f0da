import type { Surface } from '@mcp-everywhere/tools';
import type { McpServer } from './create-server.ts';
import { MCP_PATH } from './http/app.ts';
import { clientConfigurations } from './http/client-configurations.ts';

/**
 * What a person who starts a server by hand wants to read: where it is, and what to paste into a client.
 *
 * @param origin e.g. `http://127.0.0.1:8080`
 */
export async function banner(
  surface: Surface,
  { facts, allowedHosts }: Pick<McpServer, 'facts' | 'allowedHosts'>,
  origin: string,
): Promise<string> {
  const [shell, json] = clientConfigurations(surface.name, `${origin}${MCP_PATH}`);
  const answersTo =
    allowedHosts.length > 0 ? allowedHosts.join(', ') : 'nobody yet: set MCP_ALLOWED_HOSTS to the names clients use';
  return `
${surface.title} ${surface.version} on ${facts.runtime.name} ${facts.runtime.version}

  MCP endpoint   ${origin}${MCP_PATH}
  For people     ${origin}/
  Answers to     ${answersTo}
  State          ${facts.state.kind}
  Surface hash   ${await facts.surfaceHash()}

${shell?.client}, ${shell?.where}:
${shell?.snippet}

${json?.client} (${json?.where}), and most other clients:
${json?.snippet}

`;
}
