import type * as z from 'zod';
import { issueList } from './issue-list.ts';
import { declaredOnly, InputRequired, type Question, type RequestInput } from './question.ts';
import type { Content } from './result.ts';

/** One message of a prompt, for the conversation the user starts with it. */
export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Content;
}

/** A prompt: a conversation opener that the user picks and fills in. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The arguments: every one is a string on the wire, so every one is described and is a string here. */
  readonly arguments: z.ZodObject<Record<string, z.ZodString | z.ZodOptional<z.ZodString>>>;
  readonly asks: readonly Question<unknown>[];
  /** Checks the arguments, then makes the messages. */
  render(args: unknown, input: RequestInput): PromptOutcome;
}

export type PromptOutcome =
  | { readonly kind: 'complete'; readonly messages: readonly PromptMessage[] }
  | { readonly kind: 'input-required'; readonly required: InputRequired }
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
  /** All that it may ask by `inputRequired`. */
  readonly asks?: readonly Question<unknown>[];
  render(args: z.output<z.ZodObject<Shape>>, input: RequestInput): readonly PromptMessage[] | InputRequired;
}): Prompt {
  const { name, asks = [] } = definition;
  return {
    ...definition,
    asks,
    render(args, input) {
      const parsed = definition.arguments.safeParse(args, { reportInput: false });
      if (!parsed.success) {
        const message = `Invalid arguments for prompt "${name}": ${issueList(parsed.error.issues)}`;
        return { kind: 'invalid-arguments', message };
      }
      const rendered = definition.render(parsed.data, input);
      return rendered instanceof InputRequired
        ? { kind: 'input-required', required: declaredOnly(rendered, asks, `Prompt "${name}"`) }
        : { kind: 'complete', messages: rendered };
    },
  };
}
