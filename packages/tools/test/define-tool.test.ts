import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTool, failure, InvalidToolOutput, text, withContent } from '../src/index.ts';
import { testContext } from './test-context.ts';

const ctx = testContext();
const annotations = { readOnlyHint: true, openWorldHint: false };

const divide = defineTool({
  name: 'divide',
  title: 'Divide',
  description: 'Divides one number by another.',
  input: z.object({
    dividend: z.number(),
    divisor: z.number().default(1),
    unit: z.object({ name: z.string() }).optional(),
  }),
  output: z.object({ quotient: z.number() }),
  annotations,
  run({ dividend, divisor }) {
    if (divisor === 0) return failure('Division by zero: give another divisor.');
    if (divisor === 2) return withContent({ quotient: dividend / 2 }, [text('half')]);
    return { quotient: dividend / divisor };
  },
});

describe('a tool', () => {
  it('runs on parsed arguments and returns checked output', async () => {
    expect(await divide.call({ dividend: 6 }, ctx)).toEqual({ kind: 'complete', data: { quotient: 6 } });
  });

  it('may return content made for reading beside its output', async () => {
    expect(await divide.call({ dividend: 6, divisor: 2 }, ctx)).toEqual({
      kind: 'complete',
      data: { quotient: 3 },
      content: [{ type: 'text', text: 'half' }],
    });
  });

  it('may say why it could not', async () => {
    expect(await divide.call({ dividend: 6, divisor: 0 }, ctx)).toEqual({
      kind: 'failed',
      message: 'Division by zero: give another divisor.',
    });
  });

  it('lists all that is wrong with the arguments, each by its path', async () => {
    expect(await divide.call({ dividend: 'six', unit: { name: 1 } }, ctx)).toEqual({
      kind: 'invalid-arguments',
      message:
        'Invalid arguments for tool "divide": dividend: Invalid input: expected number, received string; unit.name: Invalid input: expected string, received number',
    });
    expect(await divide.call(null, ctx)).toMatchObject({
      message: 'Invalid arguments for tool "divide": Invalid input: expected object, received null',
    });
  });

  it('throws where it returns what its own output schema refuses', async () => {
    const call = divide.call({ dividend: Number.MAX_VALUE, divisor: Number.MIN_VALUE }, ctx);
    await expect(call).rejects.toThrow(InvalidToolOutput);
    await expect(call).rejects.toThrow(/^Tool "divide" returned what its output schema refuses: quotient: /);
  });

  it('lets what it cannot foresee through to the server', async () => {
    const broken = defineTool({
      name: 'broken',
      title: 'Broken',
      description: 'Throws.',
      input: z.object({}),
      output: z.object({}),
      annotations,
      run() {
        throw new Error('a bug');
      },
    });
    await expect(broken.call({}, ctx)).rejects.toThrow('a bug');
  });

  it.each(['', 'two words', 'x'.repeat(65), 'ünïcode'])('is not defined by the name "%s"', (name) => {
    const definition = { title: 'x', description: 'x', input: z.object({}), output: z.object({}), annotations };
    expect(() => defineTool({ ...definition, name, run: () => ({}) })).toThrow(TypeError);
  });

  it('sees the variables it declares, typed, and may name only those', () => {
    const definition = { name: 'typed', title: 'x', description: 'x', input: z.object({}), annotations };
    const output = z.object({ port: z.number() });
    const environment = z.object({ PORT: z.coerce.number(), HOSTS: z.string() });

    const typed = defineTool({
      ...definition,
      output,
      requires: { environment, hostsFrom: 'HOSTS' },
      run: (_, { env }) => ({ port: env.PORT }),
    });
    expect(typed.requires.hostsFrom).toBe('HOSTS');

    defineTool({
      ...definition,
      output,
      // @ts-expect-error: no variable of that name is declared
      requires: { environment, hostsFrom: 'OTHER_HOSTS' },
      run: () => ({ port: 1 }),
    });
    defineTool({
      ...definition,
      output,
      requires: { environment },
      // @ts-expect-error: the variable is a string, and the output wants a number
      run: (_, { env }) => ({ port: env.HOSTS }),
    });
    defineTool({
      ...definition,
      output,
      // @ts-expect-error: a tool that declares no variables has none
      run: (_, { env }) => ({ port: env.PORT }),
    });
  });
});
