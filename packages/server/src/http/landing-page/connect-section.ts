import { html } from 'hono/html';
import { clientConfigurations } from '../client-configurations.ts';
import { copyButton } from './copy-button.ts';
import type { Html } from './html.ts';

/** How to connect each client: a list of which one entry is open, by the browser's own means. */
export function connectSection(name: string, endpoint: URL): Html {
  return html`<section class="row" aria-labelledby="connect">
<h2 id="connect">Connect</h2>
<div>${clientConfigurations(name, endpoint.href).map(
    ({ client, where, language, snippet }, index) => html`
<details name="client"${index === 0 ? html` open` : ''}>
<summary><span>${client}</span> <span class="aside">${language === 'json' ? html`<code>${where}</code>` : where}</span></summary>
<div class="snippet"><pre id="client-${index}">${snippet}</pre>${copyButton(`client-${index}`, `the configuration for ${client}`)}</div>
</details>`,
  )}
</div>
</section>`;
}
