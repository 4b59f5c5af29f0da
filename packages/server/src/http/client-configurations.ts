/** How one client is told about a server: what to do, and what to paste. */
export interface ClientConfiguration {
  readonly client: string;
  /** Where it goes: a file, or a shell. */
  readonly where: string;
  readonly language: 'json' | 'sh';
  readonly snippet: string;
}

/**
 * Copy-ready configuration for the clients people use, as their documentation has it in November 2026.
 *
 * @param name what the server is called in the client
 * @param endpoint the URL of the MCP endpoint
 */
export function clientConfigurations(name: string, endpoint: string): readonly ClientConfiguration[] {
  const inShell = (client: string, snippet: string): ClientConfiguration => ({
    client,
    where: 'in a shell',
    language: 'sh',
    snippet,
  });
  const inFile = (client: string, where: string, content: object): ClientConfiguration => ({
    client,
    where,
    language: 'json',
    snippet: JSON.stringify(content, null, 2),
  });
  const bridge = ['-y', 'mcp-remote', endpoint, ...(mustAllowHttp(endpoint) ? ['--allow-http'] : [])];
  return [
    inShell('Claude Code', `claude mcp add --transport http ${name} ${endpoint}`),
    inFile('Cursor', '.cursor/mcp.json', { mcpServers: { [name]: { url: endpoint } } }),
    inFile('VS Code', '.vscode/mcp.json', { servers: { [name]: { type: 'http', url: endpoint } } }),
    inShell('Codex', `codex mcp add ${name} --url ${endpoint}`),
    inShell('Gemini CLI', `gemini mcp add --transport http ${name} ${endpoint}`),
    inFile('Antigravity', '~/.gemini/config/mcp_config.json', { mcpServers: { [name]: { serverUrl: endpoint } } }),
    inFile('Zed', 'settings.json', { context_servers: { [name]: { url: endpoint } } }),
    inShell('Devin, formerly Windsurf', `devin mcp add --scope user ${name} ${endpoint}`),
    inFile('Claude Desktop, and other stdio clients', 'claude_desktop_config.json', {
      mcpServers: { [name]: { command: 'npx', args: bridge } },
    }),
    inShell('MCP Inspector', `npx -y @modelcontextprotocol/inspector --server-url ${endpoint} --transport http`),
  ];
}

/** mcp-remote refuses plain HTTP to every host but these two unless told otherwise; `[::1]` is not among them. */
function mustAllowHttp(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && hostname !== 'localhost' && hostname !== '127.0.0.1';
}
