import type { ServerFacts, Surface } from '@mcp-everywhere/tools';
import { MCP_PATH } from './http/app.ts';
import { clientConfigurations } from './http/client-configurations.ts';

/**
 * What a person who starts a server by hand wants to read: where it is, and what to paste into a client.
 *
 * @param origin e.g. `http://127.0.0.1:8080`
 */
export async function banner(surface: Surface, facts: ServerFacts, origin: string): Promise<string> {
  const [shell, json] = clientConfigurations(surface.name, `${origin}${MCP_PATH}`);
  return `
${surface.title} ${surface.version} on ${facts.runtime.name} ${facts.runtime.version}

  MCP endpoint   ${origin}${MCP_PATH}
  For people     ${origin}/
  State          ${facts.state.kind}
  Surface hash   ${await facts.surfaceHash()}

${shell?.client}, ${shell?.where}:
${shell?.snippet}

${json?.client} (${json?.where}), and most other clients:
${json?.snippet}

`;
}
