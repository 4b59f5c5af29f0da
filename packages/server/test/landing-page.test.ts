import { defineTool, type Surface } from '@mcp-everywhere/tools';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';

const HOSTILE = `"><script>alert('1')</script><img src=x onerror=alert(2)>&amp;`;
const ESCAPED = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&amp;amp;';

const hostileTool = defineTool({
  name: 'hostile',
  title: `Title ${HOSTILE}`,
  description: `Description ${HOSTILE}`,
  input: z.object({
    [HOSTILE]: z.string().default(HOSTILE).describe(`Field ${HOSTILE}`),
    choice: z.enum([HOSTILE, 'plain']).describe('A choice'),
  }),
  output: z.object({}),
  annotations: { readOnlyHint: false, openWorldHint: true },
  run: () => ({}),
});

function serverOf(surface: Surface = fixtureSurface, environment: Record<string, string> = {}) {
  return createServer(surface, memoryPlatform(environment), { loopback: true });
}

async function open(server = serverOf(), url = 'http://127.0.0.1:8080/', headers: Record<string, string> = {}) {
  const response = await server.fetch(new Request(url, { headers: { host: new URL(url).host, ...headers } }));
  return { response, page: await response.text() };
}

describe('the landing page', () => {
  test('names every tool, resource template and prompt', async () => {
    const { response, page } = await open();
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    for (const { name, title, description } of [...fixtureSurface.tools, ...fixtureSurface.prompts]) {
      expect(page).toContain(`<h3>${title} <code>${name}</code></h3>`);
      expect(page).toContain(description);
    }
    expect(page).toContain('<h3>Note <code>note://{id}</code></h3>');
    expect(page).toContain('<h3>Notes <code>note://list</code></h3>');
  });

  test('says what a tool may touch', async () => {
    const { page } = await open(serverOf({ ...fixtureSurface, tools: [hostileTool] }));
    expect(page).toContain('<li>may overwrite</li><li>reaches outside</li>');
    expect((await open()).page).toContain('<li>read-only</li>');
  });

  test('gives each input its type, its default, whether it is required, and its description', async () => {
    const { page } = await open();
    expect(page).toContain('<code>a</code> <span class="aside">number, required</span>');
    expect(page).toContain('<code>name</code> <span class="aside">string, default &quot;you&quot;</span>');
    expect(page).toContain('&quot;error&quot; or &quot;store&quot; or &quot;output&quot;, required');
    expect(page).toMatch(
      /<code>topic<\/code> <span class="aside">string, required<\/span><\/dt>\s*<dd>What about<\/dd>/,
    );
  });

  test('shows the surface hash, the version, the runtime and the state', async () => {
    const server = serverOf();
    const { page } = await open(server);
    expect(page).toContain(`<code id="hash">${await server.facts.surfaceHash()}</code>`);
    expect(page).toContain('fixture 1.2.3');
    expect(page).toContain(`node ${process.versions.node}`);
    expect(page).toContain('memory, strong consistency');
  });

  test('gives the endpoint as the visitor reaches it, to every client', async () => {
    const { page } = await open();
    expect(page).toContain('<code id="endpoint">http://127.0.0.1:8080/mcp</code>');
    expect(page).toContain('claude mcp add --transport http fixture http://127.0.0.1:8080/mcp');
    expect(page).not.toContain('--allow-http');
  });

  test('gives an https endpoint behind a proxy that terminates TLS', async () => {
    const server = serverOf(fixtureSurface, { MCP_ALLOWED_HOSTS: 'mcp.example.org' });
    const proxied = await open(server, 'http://mcp.example.org/', { 'x-forwarded-proto': 'https' });
    expect(proxied.page).toContain('<code id="endpoint">https://mcp.example.org/mcp</code>');
    const plain = await open(server, 'http://mcp.example.org/', { 'x-forwarded-proto': 'javascript' });
    expect(plain.page).toContain('<code id="endpoint">http://mcp.example.org/mcp</code>');
    expect(plain.page).toContain('--allow-http');
  });

  test('escapes whatever a surface says', async () => {
    const surface = { ...fixtureSurface, title: HOSTILE, instructions: HOSTILE, tools: [hostileTool] };
    const { page } = await open(serverOf(surface));
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('<img');
    for (const before of ['<h1>', '<blockquote>', 'Title ', 'Description ', 'Field ', '<dt><code>']) {
      expect(page).toContain(before + ESCAPED);
    }
  });

  test('escapes the host it was asked for', async () => {
    const host = "it's&co.example.org";
    const server = serverOf(fixtureSurface, { MCP_ALLOWED_HOSTS: host });
    const { page } = await open(server, `http://${host}/`);
    expect(page).toContain('<code id="endpoint">http://it&#39;s&amp;co.example.org/mcp</code>');
    expect(page).not.toContain(host);
  });

  test.each(['evil.example.org', '"><script>alert(1)</script>', "127.0.0.1.evil.example.org'"])(
    'is refused to the foreign host %s, as plain text',
    async (host) => {
      const { response, page } = await open(serverOf(), 'http://127.0.0.1:8080/', { host });
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page).not.toContain('<html');
    },
  );

  test('lets the browser run its own script and style, and nothing else', async () => {
    const { response, page } = await open();
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
    expect(nonce).toMatch(/^[\w+/]{22}==$/);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(page.match(/<(script|style)[^>]*>/g)).toEqual([`<style nonce="${nonce}">`, `<script nonce="${nonce}">`]);
    expect((await open()).response.headers.get('content-security-policy')).not.toBe(policy);
  });

  test('asks the network for nothing', async () => {
    const { page } = await open();
    expect(page).not.toMatch(/<[^>]+\ssrc=|@import|url\(|<link(?! rel="icon" href="data:)/);
    expect(page).not.toMatch(/\s(style|on\w+)="/);
  });

  test('shows no button where there is no script to make it work', async () => {
    const { page } = await open();
    const buttons = page.match(/<button[^>]*>/g) ?? [];
    expect(buttons.length).toBeGreaterThan(5);
    for (const button of buttons) expect(button).toContain(' hidden ');
  });

  test('gives every copy button something to copy', async () => {
    const { page } = await open();
    for (const [, id] of page.matchAll(/data-copies="([^"]+)"/g)) {
      expect(page.split(` id="${id}"`)).toHaveLength(2);
    }
  });

  test('stays under 40 KB', async () => {
    const { page } = await open();
    expect(new TextEncoder().encode(page).length).toBeLessThan(40_000);
  });
});
