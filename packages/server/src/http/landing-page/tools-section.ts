import type { ToolAnnotations } from '@mcp-everywhere/tools';
import { html } from 'hono/html';
import type { Registry } from '../../surface/registry.ts';
import { fieldList, fieldsOf } from './fields.ts';
import type { Html } from './html.ts';

/** The tools: what each does, what it may touch, and what it takes. */
export function toolsSection({ tools, wireTools, instructions }: Registry): Html {
  return html`<section class="row" aria-labelledby="tools">
<h2 id="tools">Tools</h2>
<div>
<details class="fields">
<summary><span class="aside">What every assistant is told about them</span></summary>
<blockquote>${instructions}</blockquote>
</details>${wireTools().map(
    ({ name, title, description, inputSchema }) => html`
<article>
<h3>${title} <code>${name}</code></h3>
<ul class="badges">${badgesOf(tools.get(name)?.annotations).map((badge) => html`<li>${badge}</li>`)}</ul>
<p>${description}</p>
${fieldList('Inputs', fieldsOf(inputSchema))}
</article>`,
  )}
</div>
</section>`;
}

/** The annotations in words. What is left unsaid means what the specification says it does: a tool that writes may overwrite. */
function badgesOf(annotations: ToolAnnotations | undefined): readonly string[] {
  if (annotations === undefined) return [];
  const { readOnlyHint, destructiveHint = true, idempotentHint = false, openWorldHint } = annotations;
  const writes = [destructiveHint ? 'may overwrite' : 'only adds', ...(idempotentHint ? ['safe to repeat'] : [])];
  return [...(readOnlyHint ? ['read-only'] : writes), ...(openWorldHint ? ['reaches outside'] : [])];
}
