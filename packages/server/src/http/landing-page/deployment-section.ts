import type { ServerFacts } from '@mcp-everywhere/tools';
import { html } from 'hono/html';
import { copyButton } from './copy-button.ts';
import type { Html } from './html.ts';

/** What runs here, and the hash that tells whether another deployment offers the same. */
export function deploymentSection(facts: ServerFacts, endpoint: URL, surfaceHash: string): Html {
  const { target, runtime, region, state, cache } = facts;
  return html`<section class="row" aria-labelledby="deployment">
<h2 id="deployment">Deployment</h2>
<div>
<dl class="facts">
<dt>Target</dt><dd>${target}${region === undefined ? '' : `, ${region}`}</dd>
<dt>Runtime</dt><dd>${runtime.name} ${runtime.version}</dd>
<dt>State</dt><dd>${state.kind}, ${state.consistency} consistency</dd>
<dt>Cache</dt><dd>${cache.kind}, ${cache.consistency} consistency</dd>
<dt>Health</dt><dd><a href="/healthz">/healthz</a></dd>
<dt>Surface hash</dt><dd><code id="hash">${surfaceHash}</code></dd>
</dl>
<p>Every deployment with this surface hash offers exactly these tools. The hash is the SHA&#8209;256 of the tool list,
sorted by name, as canonical JSON (RFC 8785). Compute it again from anywhere:</p>
<div class="snippet"><pre id="recompute">${recomputeCommand(endpoint)}</pre>${copyButton('recompute', 'the command')}</div>
</div>
</section>`;
}

/** Prints the surface hash from outside. `grep` takes the message out of JSON and of an event stream alike. */
function recomputeCommand(endpoint: URL): string {
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  return [
    `curl -s ${endpoint.href} -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '${message}'`,
    `grep -o '{.*}'`,
    `jq -cSj '.result.tools | map(del(._meta)) | sort_by(.name)'`,
    'sha256sum',
  ].join(' | ');
}
