import { expect, it } from 'vitest';
import { StreamedResponse } from '../src/process/streamed-response.ts';

it('goes out as a response with the head and the text that were written', async () => {
  const outgoing = new StreamedResponse();
  outgoing.setHeader('x-one', '1');
  outgoing.writeHead(201, { 'content-type': 'text/plain', 'x-one': '2' });
  outgoing.write('first ');
  outgoing.write('and last');
  outgoing.end();
  const response = await outgoing.response;
  expect([response.status, Object.fromEntries(response.headers)]).toEqual([
    201,
    { 'content-type': 'text/plain', 'x-one': '2' },
  ]);
  expect(await response.text()).toBe('first and last');
});

it.each([
  ['it has ended', async (outgoing: StreamedResponse) => void outgoing.end()],
  ['the client has left', async (outgoing: StreamedResponse) => (await outgoing.response).body?.cancel()],
])('is closed once, when %s, and takes nothing more', async (_, over) => {
  const outgoing = new StreamedResponse();
  let closed = 0;
  outgoing.on('close', () => {
    closed += 1;
  });
  outgoing.writeHead(200, {});
  expect([outgoing.write('one'), closed]).toEqual([true, 0]);
  await over(outgoing);
  expect([outgoing.write('two'), closed]).toEqual([false, 1]);
  outgoing.end();
  expect(closed).toBe(1);
});
