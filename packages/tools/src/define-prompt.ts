import type * as z from 'zod';
import { issueList } from './issue-list.ts';

/** One message of a prompt, for the conversation the user starts with it. */
export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: { readonly type: 'text'; readonly text: string };
}

/** A prompt: a conversation opener that the user picks and fills in. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The arguments: every one is a string on the wire, so every one is described and is a string here. */
  readonly arguments: z.ZodObject<Record<string, z.ZodString | z.ZodOptional<z.ZodString>>>;
  /** Checks the arguments, then makes the messages. */
  render(args: unknown): PromptOutcome;
}

export type PromptOutcome =
  | { readonly kind: 'complete'; readonly messages: readonly PromptMessage[] }
  | { readonly kind: 'invalid-arguments'; readonly message: string };

type Arguments = Record<string, z.ZodString | z.ZodOptional<z.ZodString>>;

/**
 * Defines a prompt.
 *
 * @example
 * export const greet = definePrompt({
 *   name: 'greet',
 *   title: 'Greet',
 *   description: 'Greets somebody by name.',
 *   arguments: z.object({ name: z.string().describe('Whom to greet') }),
 *   render: ({ name }) => [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }],
 * });
 */
export function definePrompt<Shape extends Arguments>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: z.ZodObject<Shape>;
  render(args: z.output<z.ZodObject<Shape>>): readonly PromptMessage[];
}): Prompt {
  return {
    ...definition,
    render(args) {
      const parsed = definition.arguments.safeParse(args, { reportInput: false });
      if (parsed.success) return { kind: 'complete', messages: definition.render(parsed.data) };
      const message = `Invalid arguments for prompt "${definition.name}": ${issueList(parsed.error.issues)}`;
      return { kind: 'invalid-arguments', message };
    },
  };
}
