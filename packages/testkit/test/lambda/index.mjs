import { setTimeout as delay } from 'node:timers/promises';

// A function that does what its event says.
const pid = process.pid;

export const handler = async ({ action }) => {
  if (action === 'hang') await new Promise(() => setInterval(() => {}, 1_000));
  if (action === 'throw') throw new TypeError('wrong');
  if (action === 'exit') process.exit(3);
  if (action === 'slow') await delay(300);
  return { pid };
};

export const streaming = globalThis.awslambda.streamifyResponse(async ({ action }, stream) => {
  if (action === 'throw') throw new TypeError('wrong');
  const http = globalThis.awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { pid: String(pid) } });
  http.write('first');
  if (action === 'hang') await new Promise(() => setInterval(() => {}, 1_000));
  if (action === 'throw-later') throw new TypeError('wrong');
  await delay(100);
  http.end('last');
});

export const queued = async ({ Records }) => {
  const [{ messageId, body }] = Records;
  if (body === 'hang') await new Promise(() => setInterval(() => {}, 1_000));
  if (body === 'throw') throw new TypeError('wrong');
  if (body === 'other') return 'done';
  return { batchItemFailures: body === 'back' ? [{ itemIdentifier: messageId }] : [] };
};
