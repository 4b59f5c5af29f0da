import { classifyInboundRequest, type InboundHttpRequest } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { isPlainEnvelope, plainRequestRecogniser } from '../src/protocol/plain-request.ts';
import { ENVELOPE, MODERN } from './requests.ts';

const CLIENT = 'io.modelcontextprotocol/clientInfo';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** Stands for a number that is none: JSON.stringify would write it as null. */
const OVERFLOWING = 'a number beyond all numbers';

/** What one part of an envelope may be: well-formed, unusual or wrong. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  5,
  'text',
  [],
  {},
  { a: 1 },
  { form: {} },
  { url: {} },
  { form: { applyDefaults: 5 } },
  { form: 5 },
  { tools: {}, context: {} },
  { tools: [] },
  { listChanged: true },
  { listChanged: 'yes' },
  { name: 'client', version: '1' },
  { name: 'client' },
  { name: 'client', version: '1', title: 'Client', description: 'A client' },
  { name: 'client', version: '1', title: 5 },
  { name: 'client', version: '1', websiteUrl: 5 },
  { name: 'client', version: '1', icons: [{}] },
  { 'io.modelcontextprotocol/tasks': {} },
  { 'io.modelcontextprotocol/tasks': { deep: [null, { x: 1 }] } },
  { 'io.modelcontextprotocol/tasks': 5 },
  { 'io.modelcontextprotocol/tasks': { large: OVERFLOWING } },
];
const CAPABILITY_NAMES = ['elicitation', 'sampling', 'roots', 'extensions', 'tasks', 'experimental', 'unknown'];

const envelopes = [
  ENVELOPE,
  ...VALUES.map((value) => ({ ...ENVELOPE, [CLIENT]: value })),
  ...VALUES.map((value) => ({ ...ENVELOPE, [CAPABILITIES]: value })),
  ...VALUES.map((value) => ({ ...ENVELOPE, unknown: value })),
  ...CAPABILITY_NAMES.flatMap((name) => VALUES.map((value) => ({ ...ENVELOPE, [CAPABILITIES]: { [name]: value } }))),
  // A client sends JSON: what is undefined is not there.
].map((envelope): Record<string, unknown> => JSON.parse(asJson(envelope)));

function asJson(envelope: object): string {
  return JSON.stringify(envelope).replaceAll(`"${OVERFLOWING}"`, '1e999');
}

function requestWith(_meta: object): InboundHttpRequest & { readonly body: unknown } {
  return {
    httpMethod: 'POST',
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } },
    protocolVersionHeader: MODERN,
    mcpMethodHeader: 'tools/list',
  };
}

describe('an envelope judged without the SDK', () => {
  const plain = envelopes.filter(isPlainEnvelope);

  test('is one that the SDK accepts, whatever is in it', () => {
    expect(plain.filter((envelope) => classifyInboundRequest(requestWith(envelope)).kind !== 'modern')).toEqual([]);
  });

  test('is what clients send', () => {
    const capabilities = {
      elicitation: { form: {}, url: {} },
      sampling: { tools: {} },
      roots: { listChanged: true },
      extensions: { 'io.modelcontextprotocol/tasks': {} },
    };
    expect(isPlainEnvelope(ENVELOPE)).toBe(true);
    expect(isPlainEnvelope({ ...ENVELOPE, [CAPABILITIES]: capabilities })).toBe(true);
    expect(plain.length).toBeGreaterThan(15);
    expect(plain.length).toBeLessThan(envelopes.length / 2);
  });
});

describe('an envelope of another shape', () => {
  const odd = requestWith({ ...ENVELOPE, 'com.example/trace': 'abc' });

  test('is left to the SDK path while the SDK is not loaded', () => {
    expect(plainRequestRecogniser(() => undefined)(odd.body, odd)).toBeUndefined();
  });

  test('is taken where the SDK has judged it well, and not where it has judged it ill', () => {
    expect(plainRequestRecogniser(() => true)(odd.body, odd)).toMatchObject({ method: 'tools/list' });
    expect(plainRequestRecogniser(() => false)(odd.body, odd)).toBeUndefined();
  });

  test('does not vouch for another that reads the same as text', () => {
    const capabilities = (extension: string): Record<string, unknown> =>
      JSON.parse(`{"extensions":{"x":{"n":${extension}}}}`);
    const recognise = plainRequestRecogniser(() => undefined);
    const well = requestWith({ ...ENVELOPE, [CAPABILITIES]: capabilities('null') });
    const ill = requestWith({ ...ENVELOPE, [CAPABILITIES]: capabilities('1e999') });
    expect(recognise(well.body, well)).toBeDefined();
    expect(recognise(ill.body, ill)).toBeUndefined();
  });

  test('is left to the SDK path where it is nested too deep to be looked at', () => {
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
    const deep = requestWith({ ...ENVELOPE, deep: nested });
    expect(plainRequestRecogniser(() => true)(deep.body, deep)).toBeUndefined();
  });

  test('is judged once', () => {
    let judged = 0;
    const recognise = plainRequestRecogniser(() => {
      judged += 1;
      return true;
    });
    recognise(odd.body, odd);
    recognise(odd.body, odd);
    expect(judged).toBe(1);
  });
});
