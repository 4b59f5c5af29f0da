import type { ServerFacts } from '@mcp-everywhere/tools';
import { html, raw } from 'hono/html';
import type { Registry } from '../surface/registry.ts';
import { connectSection } from './landing-page/connect-section.ts';
import { COPY_SCRIPT, copyButton } from './landing-page/copy-button.ts';
import { deploymentSection } from './landing-page/deployment-section.ts';
import { promptsSection, resourcesSection } from './landing-page/offer-sections.ts';
import { STYLE } from './landing-page/style.ts';
import { toolsSection } from './landing-page/tools-section.ts';

/** What the landing page shows, and the nonce its style and script carry. */
export interface LandingPage {
  readonly registry: Registry;
  readonly facts: ServerFacts;
  /** The URL of the MCP endpoint, as the visitor reaches it. */
  readonly endpoint: URL;
  /** The one the response's Content-Security-Policy names. */
  readonly nonce: string;
}

/** A filled circle before a line: something plugged in. Inline, so that no browser asks for /favicon.ico. */
const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='5' cy='8' r='4' fill='%2300684f'/><path d='M9 8h7' stroke='%2300684f' stroke-width='2'/></svg>";

/**
 * The page for people who open the server in a browser: one document that asks the network for nothing else, and works
 * without its script. Every value on it is escaped.
 */
export async function landingPage({ registry, facts, endpoint, nonce }: LandingPage): Promise<string> {
  const { name, version, title = name } = registry.serverInfo;
  const hash = await facts.surfaceHash();
  return String(
    await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: an MCP server</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
<header class="row">
<p class="label">MCP server<br>${name} ${version}</p>
<div>
<h1>${title}</h1>
<p class="lede">An MCP server lends tools to AI assistants: connect yours to the address below, and it can use what is
listed on this page on your behalf. MCP, the <a href="https://modelcontextprotocol.io">Model Context Protocol</a>, is the
open standard both speak.</p>
<div class="endpoint"><code id="endpoint">${endpoint.href}</code>${copyButton('endpoint', 'the endpoint URL')}</div>
</div>
</header>
<main>
${connectSection(name, endpoint)}
${toolsSection(registry)}
${resourcesSection(registry.wireResources(), registry.wireResourceTemplates())}
${promptsSection(registry.wirePrompts())}
${deploymentSection(facts, endpoint, hash)}
</main>
<p class="unseen" role="status"></p>
<script nonce="${nonce}">${raw(COPY_SCRIPT)}</script>
</body>
</html>
`,
  );
}
