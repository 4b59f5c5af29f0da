import type { Json } from '@mcp-everywhere/platform/jobs';
import * as z from 'zod';

/** What a client is asked, in the protocol's own shape. */
export interface InputRequest {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list';
  readonly params: Readonly<Record<string, unknown>>;
}

/** Something a tool may ask of the client or its user, by a name of its own within the tool. */
export interface Question<Answer> {
  readonly name: string;
  readonly method: InputRequest['method'];
  /** The answer, or `undefined` where the response has not the form that was asked for. */
  read(response: unknown): Answer | undefined;
}

/** A question as it is asked this once. */
export interface Asked {
  readonly name: string;
  readonly request: InputRequest;
}

/** What came of a form: the user fills it in, declines, or closes it without a choice. */
export type FormAnswer<Content> =
  | { readonly action: 'accept'; readonly content: Content }
  | { readonly action: 'decline' | 'cancel' };

const closed = z.object({ action: z.enum(['decline', 'cancel']) });
const accepted = z.object({ action: z.literal('accept'), content: z.unknown() });

/**
 * A form for the user (`elicitation/create`). Its fields are texts, numbers, booleans and choices, as the specification
 * wants them: `describe` explains a field, `default` fills it in, and `meta` sets what zod has no word for.
 *
 * @example
 * const address = elicitForm('address', z.object({ city: z.string().default('Oslo').describe('Where to') }));
 * return inputRequired([address.ask('Where shall it be sent?')]);
 */
export function elicitForm<Fields extends z.ZodObject>(
  name: string,
  fields: Fields,
): Question<FormAnswer<z.output<Fields>>> & { ask(message: string): Asked } {
  return {
    name,
    method: 'elicitation/create',
    ask(message) {
      const { type, properties, required } = z.toJSONSchema(fields, { io: 'input' });
      const requestedSchema = { type, properties, ...(required && { required }) };
      return { name, request: { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } } };
    },
    read(response) {
      const form = accepted.safeParse(response);
      if (!form.success) return closed.safeParse(response).data;
      const content = fields.safeParse(form.data.content);
      return content.success ? { action: 'accept', content: content.data } : undefined;
    },
  };
}

const block = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([block, z.array(block)]),
  model: z.string(),
  stopReason: z.string().optional(),
});

/** What a client's model is asked for: `sampling/createMessage`, in the protocol's own words. */
interface MessageOrder {
  readonly messages: readonly {
    readonly role: 'user' | 'assistant';
    readonly content: { readonly type: 'text'; readonly text: string };
  }[];
  readonly maxTokens: number;
  readonly systemPrompt?: string;
  readonly temperature?: number;
  readonly stopSequences?: readonly string[];
  readonly modelPreferences?: Readonly<Record<string, unknown>>;
}

/** A message that the client's own model writes (`sampling/createMessage`). */
export function createMessage(name: string): Question<z.output<typeof message>> & { ask(order: MessageOrder): Asked } {
  return {
    name,
    method: 'sampling/createMessage',
    ask: (order) => ({ name, request: { method: 'sampling/createMessage', params: { ...order } } }),
    read: (response) => message.safeParse(response).data,
  };
}

const roots = z.object({ roots: z.array(z.object({ uri: z.string(), name: z.string().optional() })) });

/** The directories that the client works in (`roots/list`). */
export function listRoots(name: string): Question<z.output<typeof roots>> & { ask(): Asked } {
  return {
    name,
    method: 'roots/list',
    ask: () => ({ name, request: { method: 'roots/list', params: {} } }),
    read: (response) => roots.safeParse(response).data,
  };
}

/** A tool's or prompt's questions, in place of its result. */
export class InputRequired {
  readonly requests: Readonly<Record<string, InputRequest>>;
  readonly state: Json | undefined;

  constructor(asked: readonly Asked[], state?: Json) {
    this.requests = Object.fromEntries(asked.map(({ name, request }) => [name, request]));
    this.state = state;
  }
}

/**
 * The call cannot be answered before these questions are. Nothing waits: the client calls again with the answers, perhaps
 * another instance, and the tool is run anew with them in `ctx.input`. It may ask again as often as it must.
 *
 * @param asked each must be among the tool's `asks`
 * @param state what the next run is to know, from `ctx.input.state`. It travels through the client, who can read it but
 *   neither change it nor bring it with another call, under another principal, or after ten minutes. It may come twice.
 *
 * @example
 * const answer = ctx.input.answerTo(confirmation);
 * if (answer === undefined) return inputRequired([confirmation.ask(`Delete "${title}"?`)], { version });
 * if (answer.action !== 'accept') return { deleted: false };
 */
export function inputRequired(asked: readonly Asked[], state?: Json): InputRequired {
  return new InputRequired(asked, state);
}

/** What the client brought with this call in answer to the one before. */
export interface RequestInput {
  /** `undefined` where it was not asked, not answered, or answered in another form than asked for: then ask (again). */
  answerTo<Answer>(question: Question<Answer>): Answer | undefined;
  /** What the run before handed over, or `undefined`: in the first run, and where it does not fit the schema. */
  state<Schema extends z.ZodType>(schema: Schema): z.output<Schema> | undefined;
  /** Whether the client says that it can answer a question of this kind. */
  canAnswer(question: Question<unknown>): boolean;
}

/** The input of a call that asks nothing. */
export const NO_INPUT: RequestInput = {
  answerTo: () => undefined,
  state: () => undefined,
  canAnswer: () => false,
};

/** What {@link inputRequired} asked, checked against what was declared. */
export function declaredOnly(
  required: InputRequired,
  declared: readonly Question<unknown>[],
  by: string,
): InputRequired {
  const names = declared.map(({ name }) => name);
  const others = Object.keys(required.requests).filter((name) => !names.includes(name));
  if (others.length === 0) return required;
  throw new TypeError(`${by} asks "${others.join('", "')}", which is not among its \`asks\``);
}
