import type { Prompt, Resource, ResourceTemplateType } from '@modelcontextprotocol/server';
import { html } from 'hono/html';
import { fieldList } from './fields.ts';
import type { Html } from './html.ts';

/** The resources, and the templates of resources: URIs an assistant can read. */
export function resourcesSection(
  resources: readonly Resource[],
  templates: readonly ResourceTemplateType[],
): Html | '' {
  const offered = [...resources, ...templates.map(({ uriTemplate, ...about }) => ({ ...about, uri: uriTemplate }))];
  return offers(
    'Resources',
    offered.map(
      ({ title, uri, mimeType, description }) => html`
<article>
<h3>${title} <code>${uri}</code></h3>
<ul class="badges"><li>${mimeType}</li></ul>
<p>${description}</p>
</article>`,
    ),
  );
}

/** The prompts: conversations a person can start from the client's menu. */
export function promptsSection(prompts: readonly Prompt[]): Html | '' {
  return offers(
    'Prompts',
    prompts.map(
      ({ name, title, description, arguments: fields = [] }) => html`
<article>
<h3>${title} <code>${name}</code></h3>
<p>${description}</p>
${fieldList(
  'Arguments',
  fields.map(({ name, description, required = false }) => ({ name, description, required, kind: 'string' })),
)}
</article>`,
    ),
  );
}

function offers(title: string, articles: readonly Html[]): Html | '' {
  if (articles.length === 0) return '';
  const id = title.toLowerCase();
  return html`<section class="row" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<div>${articles}</div>
</section>`;
}
