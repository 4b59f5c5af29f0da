import type { AtomicStore, Platform } from '@mcp-everywhere/platform';
import { StoreUnavailable } from '@mcp-everywhere/platform/state';
import { memoryStore } from '@mcp-everywhere/platform/state/memory';
import {
  createMessage,
  definePrompt,
  defineTool,
  elicitForm,
  failure,
  inputRequired,
  listRoots,
  type Surface,
  text,
  withContent,
} from '@mcp-everywhere/tools';
import * as z from 'zod';

const READ_ONLY = { readOnlyHint: true, openWorldHint: false } as const;

const add = defineTool({
  name: 'add',
  title: 'Add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  annotations: READ_ONLY,
  run: ({ a, b }) => ({ sum: a + b }),
});

const greet = defineTool({
  name: 'greet',
  title: 'Greet',
  description: 'Greets, with text of its own.',
  input: z.object({ name: z.string().min(1).default('you') }),
  output: z.object({ greeting: z.string() }),
  annotations: READ_ONLY,
  run: ({ name }) => withContent({ greeting: `Hello ${name}` }, [text(`Hello **${name}** "\u2028"`)]),
});

const refuse = defineTool({
  name: 'refuse',
  title: 'Refuse',
  description: 'Always fails.',
  input: z.object({}),
  output: z.object({}),
  annotations: READ_ONLY,
  run: () => failure('Not today.'),
});

const explode = defineTool({
  name: 'explode',
  title: 'Explode',
  description: 'Always throws.',
  input: z.object({ how: z.enum(['error', 'store', 'output']) }),
  output: z.object({ fine: z.literal(true) }),
  annotations: READ_ONLY,
  run: ({ how }) => {
    if (how === 'error') throw new Error('the secret is hunter2');
    if (how === 'store') throw new StoreUnavailable('memory', new Error('10.0.0.7 refused'));
    return JSON.parse('{"fine":false}');
  },
});

const remember = defineTool({
  name: 'remember',
  title: 'Remember',
  description: 'Keeps a value in the state of the caller, and says what was there.',
  input: z.object({ value: z.string() }),
  output: z.object({ before: z.string().optional() }),
  annotations: { readOnlyHint: false, openWorldHint: false },
  async run({ value }, { state }) {
    const before = await state.get('value');
    await state.set('value', value, 60);
    return before === undefined ? {} : { before };
  },
});

const count = defineTool({
  name: 'count',
  title: 'Count',
  description: 'Counts to three, and reports progress.',
  input: z.object({}),
  output: z.object({ counted: z.number() }),
  annotations: READ_ONLY,
  async run(_args, ctx) {
    for (let done = 1; done <= 3; done++) await ctx.progress(done, 3, `step ${done}`);
    return { counted: 3 };
  },
});

export const confirmation = elicitForm('confirmation', z.object({ confirm: z.boolean() }));

const remove = defineTool({
  name: 'remove',
  title: 'Remove',
  description: 'Removes something, once that is confirmed; hands the number of rounds on.',
  input: z.object({ what: z.string() }),
  output: z.object({ removed: z.boolean(), rounds: z.int() }),
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
  asks: [confirmation],
  run({ what }, { input }) {
    if (what === 'nothing') return failure('There is nothing to remove.');
    const rounds = input.state(z.int()) ?? 0;
    const answer = input.answerTo(confirmation);
    if (answer === undefined || rounds === 0) return inputRequired([confirmation.ask(`Remove ${what}?`)], rounds + 1);
    return { removed: answer.action === 'accept' && answer.content.confirm, rounds };
  },
});

const haiku = createMessage('haiku');
const where = listRoots('where');

const survey = defineTool({
  name: 'survey',
  title: 'Survey',
  description: 'Asks all that the client says it can answer, at once.',
  input: z.object({}),
  output: z.object({ answers: z.array(z.string()) }),
  annotations: READ_ONLY,
  asks: [confirmation, haiku, where],
  run(_, { input }) {
    const answers = [confirmation, haiku, where].filter((question) => input.answerTo<unknown>(question) !== undefined);
    if (answers.length > 0) return { answers: answers.map(({ name }) => name) };
    return inputRequired([
      ...(input.canAnswer(confirmation) ? [confirmation.ask('Yes?')] : []),
      ...(input.canAnswer(haiku)
        ? [haiku.ask({ messages: [{ role: 'user', content: { type: 'text', text: 'A haiku.' } }], maxTokens: 9 })]
        : []),
      ...(input.canAnswer(where) ? [where.ask()] : []),
    ]);
  },
});

const rash = defineTool({
  name: 'rash',
  title: 'Rash',
  description: 'Asks though it does not declare that it does.',
  input: z.object({}),
  output: z.object({}),
  annotations: READ_ONLY,
  run: () => inputRequired([confirmation.ask('Well?')]),
});

const announce = defineTool({
  name: 'announce',
  title: 'Announce',
  description: 'Tells the client something at two levels.',
  input: z.object({}),
  output: z.object({}),
  annotations: READ_ONLY,
  requires: { tellsClient: true },
  async run(_args, ctx) {
    await ctx.tell('debug', 'small');
    await ctx.tell('warning', 'large');
    return {};
  },
});

const ponder = defineTool({
  name: 'ponder',
  title: 'Ponder',
  description: 'Needs a client that samples and asks its user.',
  input: z.object({}),
  output: z.object({}),
  annotations: READ_ONLY,
  requires: { client: ['sampling', 'elicitation'] },
  run: () => ({}),
});

const locate = defineTool({
  name: 'locate',
  title: 'Locate',
  description: 'Takes arguments that are mirrored in headers.',
  input: z.object({
    region: z.string().meta({ 'x-mcp-header': 'Region' }).optional(),
    place: z.object({ number: z.int().meta({ 'x-mcp-header': 'Number' }) }).optional(),
  }),
  output: z.object({}),
  annotations: READ_ONLY,
  run: () => ({}),
});

const opener = definePrompt({
  name: 'opener',
  title: 'Opener',
  description: 'Opens a conversation.',
  arguments: z.object({ topic: z.string().describe('What about'), tone: z.string().optional() }),
  render: ({ topic, tone }) => [{ role: 'user', content: { type: 'text', text: `${topic} (${tone ?? 'plain'})` } }],
});

const toast = definePrompt({
  name: 'toast',
  title: 'Toast',
  description: 'Asks before it opens.',
  arguments: z.object({ whom: z.string() }),
  asks: [confirmation],
  render({ whom }, input) {
    if (input.answerTo(confirmation)?.action !== 'accept') return inputRequired([confirmation.ask(`To ${whom}?`)]);
    return [{ role: 'user', content: { type: 'text', text: `To ${whom}!` } }];
  },
});

/** A small surface with one tool for each way a call can end. */
export const fixtureSurface: Surface = {
  name: 'fixture',
  version: '1.2.3',
  title: 'Fixture',
  instructions: 'For tests.',
  tools: [add, greet, refuse, explode, remember, count, announce, ponder, locate, remove, survey, rash],
  resources: [
    {
      uri: 'note://list',
      name: 'notes',
      title: 'Notes',
      description: 'Which notes there are.',
      mimeType: 'application/octet-stream',
      read: () => ({ mimeType: 'application/octet-stream', blob: 'YWxwaGE=' }),
    },
  ],
  resourceTemplates: [
    {
      name: 'note',
      title: 'Note',
      description: 'A note.',
      mimeType: 'text/plain',
      prefix: 'note://',
      variable: 'id',
      complete: (typed) => ['alpha', 'beta'].filter((id) => id.startsWith(typed)),
      read(id) {
        if (id === 'broken') throw new Error('the secret is hunter2');
        return id === 'alpha' ? { mimeType: 'text/plain', text: 'A' } : undefined;
      },
    },
  ],
  prompts: [opener, toast],
};

/** A platform in memory, with no network. */
export function memoryPlatform(
  environment: Platform['environment'] = {},
  state: AtomicStore = memoryStore(),
): Platform {
  return {
    target: 'node',
    runtime: { name: 'node', version: process.versions.node },
    environment: { LOG_LEVEL: 'error', ...environment },
    state,
    cache: state,
    network: {
      fetch: () => Promise.reject(new Error('no network in this test')),
    },
  };
}
