import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  createMessage,
  definePrompt,
  defineTool,
  elicitForm,
  InputRequired,
  inputRequired,
  listRoots,
  NO_INPUT,
} from '../src/index.ts';
import { answered, asks, complete, testContext } from './test-context.ts';

const profile = elicitForm(
  'profile',
  z.object({
    name: z.string().default('Ada').describe('What to call you'),
    age: z.int().min(0).optional(),
    status: z.enum(['active', 'away']).default('active'),
    plan: z.string().meta({ oneOf: [{ const: 'a', title: 'All of it' }] }),
    tags: z.array(z.enum(['x', 'y'])).optional(),
    agreed: z.boolean(),
  }),
);

describe('a form', () => {
  it('is asked with the fields of its schema: defaults, choices, and what is required', () => {
    expect(profile.ask('Who are you?')).toEqual({
      name: 'profile',
      request: {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: 'Who are you?',
          requestedSchema: {
            type: 'object',
            properties: {
              name: { type: 'string', default: 'Ada', description: 'What to call you' },
              age: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
              status: { type: 'string', enum: ['active', 'away'], default: 'active' },
              plan: { type: 'string', oneOf: [{ const: 'a', title: 'All of it' }] },
              tags: { type: 'array', items: { type: 'string', enum: ['x', 'y'] } },
              agreed: { type: 'boolean' },
            },
            required: ['plan', 'agreed'],
          },
        },
      },
    });
  });

  it('is read with its defaults filled in', () => {
    expect(profile.read({ action: 'accept', content: { plan: 'a', agreed: true } })).toEqual({
      action: 'accept',
      content: { name: 'Ada', status: 'active', plan: 'a', agreed: true },
    });
  });

  it.each(['decline', 'cancel'])('may be answered by %s', (action) => {
    expect(profile.read({ action })).toEqual({ action });
  });

  it.each([undefined, null, 7, {}, { action: 'accept' }, { action: 'accept', content: { plan: 1 } }, { action: 'no' }])(
    'is unanswered by %j',
    (response) => {
      expect(profile.read(response)).toBeUndefined();
    },
  );
});

describe('the other questions', () => {
  it('ask the client’s model, and read what it wrote', () => {
    const haiku = createMessage('haiku');
    const order = { messages: [{ role: 'user', content: { type: 'text', text: 'A haiku.' } }], maxTokens: 50 } as const;
    expect(haiku.ask(order)).toEqual({
      name: 'haiku',
      request: { method: 'sampling/createMessage', params: order },
    });
    const written = { role: 'assistant', content: { type: 'text', text: 'Snow' }, model: 'm', stopReason: 'endTurn' };
    expect(haiku.read(written)).toEqual(written);
    expect(haiku.read({ role: 'assistant' })).toBeUndefined();
  });

  it('ask for the roots', () => {
    const where = listRoots('where');
    expect(where.ask()).toEqual({ name: 'where', request: { method: 'roots/list', params: {} } });
    expect(where.read({ roots: [{ uri: 'file:///a', name: 'a' }] })).toEqual({
      roots: [{ uri: 'file:///a', name: 'a' }],
    });
    expect(where.read({ roots: 'none' })).toBeUndefined();
  });
});

const first = elicitForm('first', z.object({ word: z.string() }));
const second = elicitForm('second', z.object({ word: z.string() }));

const twoRounds = defineTool({
  name: 'two_rounds',
  title: 'Two rounds',
  description: 'Asks twice.',
  input: z.object({}),
  output: z.object({ words: z.array(z.string()) }),
  annotations: { readOnlyHint: true, openWorldHint: false },
  asks: [first, second],
  run(_, { input }) {
    const words = input.state(z.array(z.string()));
    const answer = input.answerTo(words === undefined ? first : second);
    if (answer?.action !== 'accept') return inputRequired([first.ask('A word?')]);
    const all = [...(words ?? []), answer.content.word];
    return all.length < 2 ? inputRequired([second.ask('Another?')], all) : { words: all };
  },
});

describe('a tool that asks', () => {
  it('goes through rounds, each with the state of the one before', async () => {
    const one = await asks(twoRounds, {}, testContext());
    expect(Object.keys(one.requests)).toEqual(['first']);
    expect(one.state).toBeUndefined();
    const accept = (word: string) => ({ action: 'accept', content: { word } });
    const two = await asks(twoRounds, {}, testContext({ input: answered({ first: accept('a') }) }));
    expect(Object.keys(two.requests)).toEqual(['second']);
    const input = answered({ second: accept('b') }, two.state);
    expect((await complete(twoRounds, {}, testContext({ input }))).data).toEqual({ words: ['a', 'b'] });
  });

  it('may ask only what it declares', async () => {
    const rash = defineTool({
      name: 'rash',
      title: 'Rash',
      description: 'Asks what it does not declare.',
      input: z.object({}),
      output: z.object({}),
      annotations: { readOnlyHint: true, openWorldHint: false },
      asks: [second],
      run: () => inputRequired([first.ask('A word?')]),
    });
    await expect(rash.call({}, testContext())).rejects.toThrow('Tool "rash" asks "first"');
  });
});

describe('a prompt that asks', () => {
  const toast = definePrompt({
    name: 'toast',
    title: 'Toast',
    description: 'A toast.',
    arguments: z.object({ whom: z.string() }),
    asks: [first],
    render({ whom }, input) {
      const answer = input.answerTo(first);
      if (answer?.action !== 'accept') return inputRequired([first.ask('In a word?')]);
      return [{ role: 'user', content: { type: 'text', text: `To ${whom}, ${answer.content.word}` } }];
    },
  });

  it('is rendered once it is answered', () => {
    expect(toast.render({ whom: 'Ada' }, NO_INPUT)).toEqual({
      kind: 'input-required',
      required: new InputRequired([first.ask('In a word?')]),
    });
    const input = answered({ first: { action: 'accept', content: { word: 'cheers' } } });
    expect(toast.render({ whom: 'Ada' }, input)).toMatchObject({
      kind: 'complete',
      messages: [{ content: { text: 'To Ada, cheers' } }],
    });
  });
});
