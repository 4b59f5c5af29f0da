import fc from 'fast-check';
import type { WireRequest } from '../clients/wire.ts';
import { argumentsFor } from './arguments.ts';
import type { Draft } from './fuzz-message.ts';
import { oddText } from './odd-values.ts';
import type { World } from './world.ts';

/** A method with parameters that fit. */
export interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export const NO_PARAMS = {};
/** What clients say that they are able to do. */
export const CAPABILITIES = [
  {},
  { elicitation: { form: {} } },
  { sampling: {}, roots: { listChanged: true } },
  { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  { elicitation: { form: {} }, extensions: { 'io.modelcontextprotocol/tasks': {} } },
];
/** The lists, and what asks for nothing. */
const BARE_METHODS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];

export const id = fc.oneof(fc.integer({ min: 0, max: 9_999 }), fc.uuid(), oddText);

function calls({ tools, known }: World): fc.Arbitrary<Asked> {
  const perTool = tools.map(({ name, inputSchema }) => ({
    // Each begins work that somebody has to cancel again.
    weight: name === 'start_report' ? 1 : 4,
    arbitrary: argumentsFor(inputSchema, known).map(
      (args): Asked => ({ method: 'tools/call', params: { name, arguments: args } }),
    ),
  }));
  return fc.oneof(...perTool);
}

/** What clients of both eras ask. */
export function requests(world: World): fc.Arbitrary<Asked> {
  const { uris } = world;
  const uri = fc.oneof(fc.constantFrom(...uris), oddText);
  const asked = (method: string, params: fc.Arbitrary<Record<string, unknown>>) =>
    params.map((given): Asked => ({ method, params: given }));
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...BARE_METHODS).map((method) => ({ method, params: NO_PARAMS })) },
    { weight: 10, arbitrary: calls(world) },
    { weight: 2, arbitrary: asked('resources/read', fc.record({ uri })) },
    {
      weight: 2,
      arbitrary: asked(
        'prompts/get',
        fc.record({
          name: fc.constant('recommend_books'),
          arguments: fc.record({ about: oddText, count: fc.constantFrom('1', '3', 'many') }, { requiredKeys: [] }),
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: asked(
        'completion/complete',
        fc.record({
          ref: fc.constantFrom(
            { type: 'ref/resource', uri: 'record://{id}' },
            { type: 'ref/prompt', name: 'recommend_books' },
          ),
          argument: fc.record({ name: fc.constantFrom('id', 'about', 'none'), value: oddText }),
        }),
      ),
    },
  );
}

export function draftOf({ method, headers, body }: WireRequest): Draft {
  return { method, path: '/mcp', headers, json: JSON.parse(body), changes: [] };
}
