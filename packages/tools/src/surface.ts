import type { Prompt } from './define-prompt.ts';
import type { Resource, ResourceTemplate } from './define-resource.ts';
import type { Tool } from './define-tool.ts';

/** What a server offers: data, and no platform. */
export interface Surface {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** For the model, once per conversation: how the tools belong together. */
  readonly instructions: string;
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly resourceTemplates: readonly ResourceTemplate[];
  readonly prompts: readonly Prompt[];
}
