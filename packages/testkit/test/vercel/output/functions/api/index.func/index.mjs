import { setTimeout as delay } from 'node:timers/promises';

// A function that does what the query says, and answers with what it was asked.
let cancelled = 0;

const forever = () => new Promise(() => {});
const streamed = (chunks, status = 200) =>
  new Response(ReadableStream.from(chunks).pipeThrough(new TextEncoderStream()), { status });

const actions = {
  hang: forever,
  throw: () => {
    throw new TypeError('wrong');
  },
  exit: () => process.exit(3),
  slow: () => delay(300),
  'stream until the client leaves': ({ signal }) => {
    signal.addEventListener('abort', () => {
      cancelled += 1;
    });
    return streamed(words(forever));
  },
  stream: () =>
    streamed(
      words(() => delay(100)),
      201,
    ),
  'throw later': () => streamed(words(actions.throw)),
  'hang later': () => streamed(words(forever)),
};

async function* words(between) {
  yield 'first';
  await between();
  yield 'last';
}

async function serve(request) {
  const { method, url } = request;
  const response = await actions[new URL(url).searchParams.get('do')]?.(request);
  if (response !== undefined) return response;
  const headers = Object.fromEntries(request.headers);
  const body = Buffer.from(await request.arrayBuffer()).toString('hex');
  const cookies = ['a=1', 'b=2'].map((cookie) => ['set-cookie', cookie]);
  return Response.json({ pid: process.pid, cancelled, method, url, headers, body }, { headers: cookies });
}

export default { fetch: serve };
export const GET = serve;
