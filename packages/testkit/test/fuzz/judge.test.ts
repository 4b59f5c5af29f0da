import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/fuzz/exchange.ts';
import type { FuzzMessage } from '../../src/fuzz/fuzz-message.ts';
import { judge } from '../../src/fuzz/judge.ts';

const POST: FuzzMessage = { method: 'POST', path: '/mcp', headers: {}, body: Buffer.from('{}'), changes: [] };
const answer = (status: number, body: unknown): Outcome => ({
  kind: 'answer',
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const refusal = (message: string) => ({ jsonrpc: '2.0', id: 1, error: { code: -32_600, message } });
const verdict = (outcome: Outcome, message = POST) => judge(message, outcome, ['/home/secret']);

describe('the fuzzer finds fault with', () => {
  test.each<[what: string, outcome: Outcome, problem: RegExp]>([
    ['a server error', answer(500, refusal('Internal error')), /^status 500/],
    ['a server that is said to be busy', answer(503, refusal('Busy')), /^status 503/],
    ['no answer', { kind: 'hang' }, /^no answer within 5000 ms/],
    ['an answer without an end', { kind: 'hang', status: 200 }, /status 200 that did not end/],
    ['a connection that is cut', { kind: 'broken', code: 'ECONNRESET' }, /without an answer \(ECONNRESET\)/],
    ['a stack trace', answer(400, refusal('x\n    at parse (body.ts:1:2)')), /stack trace/],
    ['a path of the machine', answer(400, refusal('no such file: /home/secret/x')), /it tells "\/home\/secret"/],
    ['a refusal that is no JSON-RPC error', answer(400, 'Bad Request'), /without a JSON-RPC error/],
    ['a refusal with an id that is none', answer(400, { ...refusal('x'), id: 0.5 }), /without a JSON-RPC error/],
    ['a body where none is due', answer(202, '{}'), /202 with a body/],
    ['an answer that is no message', answer(200, { hello: 1 }), /no JSON-RPC message/],
  ])('%s', (_what, outcome, problem) => {
    expect(verdict(outcome)).toMatch(problem);
  });
});

describe('the fuzzer finds no fault with', () => {
  test.each<[what: string, outcome: Outcome, message?: FuzzMessage]>([
    ['a result', answer(200, { jsonrpc: '2.0', id: 1, result: {} })],
    ['a result in a stream', answer(200, 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n')],
    ['a stream that has told nothing yet', answer(200, ': keep-alive\n\n')],
    ['a refusal without an id', answer(400, { jsonrpc: '2.0', error: { code: -32_700, message: 'Parse error' } })],
    ['a notification that is accepted', answer(202, '')],
    ['what another path answers', answer(404, { error: 'Nothing at /sse' }), { ...POST, path: '/sse' }],
    ['a connection that is cut because its framing is broken', { kind: 'broken', code: 'ECONNRESET' }, framed()],
    ['a client that leaves', { kind: 'left' }],
  ])('%s', (_what, outcome, message) => {
    expect(verdict(outcome, message)).toBeUndefined();
  });
});

function framed(): FuzzMessage {
  return { ...POST, headers: { 'content-length': '100000' } };
}
