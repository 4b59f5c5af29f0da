import type { Surface } from '@mcp-everywhere/tools';
import { askingTools } from './fixtures/asking-tools.ts';
import { contentTools } from './fixtures/content-tools.ts';
import { elicitingTools } from './fixtures/eliciting-tools.ts';
import { greet } from './fixtures/greet.ts';
import { jobs } from './fixtures/jobs.ts';
import { notifyingTools } from './fixtures/notifying-tools.ts';
import { prompts } from './fixtures/prompts.ts';
import { resources, resourceTemplates } from './fixtures/resources.ts';
import { schemaTools } from './fixtures/schema-tools.ts';

/**
 * What the official conformance suite expects of the server it tests, by the names it expects. It is served in the place of
 * the catalogue, under the same name, so every app's own entry point serves it: see `apps/conformance.ts`.
 */
export const catalogueSurface: Surface = {
  name: 'mcp-everywhere-conformance',
  version: '1.0.0',
  title: 'Conformance fixtures',
  instructions: 'For the official conformance suite.',
  tools: [...contentTools, ...notifyingTools, ...schemaTools, ...askingTools, ...elicitingTools, greet, ...jobs],
  resources,
  resourceTemplates,
  prompts,
};
