import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { QueueUnavailable } from '../src/jobs/job-queue.ts';
import { backgroundFunctionQueue } from '../src/jobs/queues/background-function-queue.ts';

const secret = 'correct-horse-battery-staple-4711';

/** A queue before a server that answers with one status after another, and what that server was sent. */
async function queueBefore(...statuses: readonly number[]) {
  const received: { authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    received.push({ authorization, body: JSON.parse(await text(request)) });
    response.writeHead(statuses[received.length - 1] ?? 202, { location: '/elsewhere' }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = new URL(`http://127.0.0.1:${port}/.netlify/functions/jobs`);
  return { server, received, queue: backgroundFunctionQueue({ url, secret }) };
}

it('sends the job and its delay, and shows the secret', async () => {
  const { queue, received } = await queueBefore(202, 202);
  await queue.send('job_1');
  await queue.send('job_2', 1500);
  const authorization = `Bearer ${secret}`;
  expect(received).toEqual([
    { authorization, body: { jobId: 'job_1' } },
    { authorization, body: { jobId: 'job_2', delayMs: 1500 } },
  ]);
});

it('sends once more where the platform fails for a moment', async () => {
  const { queue, received } = await queueBefore(503, 202);
  await queue.send('job_1');
  expect(received).toHaveLength(2);
});

it.each([200, 404, 302])(
  'takes an answer of %s for a function that is not there, and follows it nowhere',
  async (status) => {
    const { queue, received } = await queueBefore(status);
    const error = await queue.send('job_1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(QueueUnavailable);
    expect(error).toMatchObject({ message: expect.stringContaining('background-function') });
    expect(received).toHaveLength(1);
  },
);

it('is unavailable where nobody answers', async () => {
  const { queue, server } = await queueBefore();
  server.close();
  await expect(queue.send('job_1')).rejects.toBeInstanceOf(QueueUnavailable);
});
