import fc from 'fast-check';
import * as z from 'zod';
import { oddText, oddValue } from './odd-values.ts';

const schema = z.object({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
});

/** Texts that mean something to the server, by the name of the argument they are good for. */
export type KnownTexts = Readonly<Record<string, readonly string[]>>;

/**
 * Arguments made from a tool's own input schema: mostly such as fit it, and far enough into the tool by handles and ids
 * that are there; one in eight values is anything.
 *
 * @param inputSchema as `tools/list` has it
 */
export function argumentsFor(inputSchema: unknown, known: KnownTexts): fc.Arbitrary<unknown> {
  return fitting(inputSchema, '', known);
}

function fitting(of: unknown, name: string, known: KnownTexts): fc.Arbitrary<unknown> {
  const { enum: values, type, minimum, maximum, maxLength = 60, properties, required, items } = schema.parse(of);
  if (values !== undefined) return mostly(fc.constantFrom(...values));
  switch (type) {
    case 'string':
      return mostly(fc.oneof(fc.constantFrom(...(known[name] ?? ['love'])), textUpTo(maxLength)));
    case 'integer':
    case 'number':
      return mostly(fc.integer({ min: minimum ?? -1000, max: maximum ?? 4_000 }));
    case 'boolean':
      return mostly(fc.boolean());
    case 'array':
      return mostly(fc.array(fitting(items ?? {}, name, known), { maxLength: 5 }));
    case 'object': {
      const members = Object.entries(properties ?? {}).map(([key, member]) => {
        const value = fitting(member, key, known).map((made) => [[key, made] as const]);
        return required?.includes(key) ? value : fc.oneof(value, fc.constant([]));
      });
      return fc.tuple(...members).map((entries) => Object.fromEntries(entries.flat()));
    }
    default:
      return oddValue;
  }
}

function textUpTo(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(fc.string({ maxLength: Math.min(maxLength, 200) }), oddText);
}

function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 7, arbitrary }, { weight: 1, arbitrary: oddValue });
}
