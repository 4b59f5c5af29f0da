import { writeFileSync } from 'node:fs';
import { app } from '@azure/functions';

// A function app that tells what it was given, and does what its tests ask of it.
const json = (value) => ({ jsonBody: value });
let release = () => {};

app.setup({ enableHttpStream: true });

app.hook.preInvocation((context) => {
  context.hookData.before = 'before';
  context.inputs.push('from the hook');
});
app.hook.postInvocation((context) => {
  if (context.result?.jsonBody) context.result.headers = { 'x-hooks': `${context.hookData.before}, after` };
});
app.hook.appTerminate(() => {
  if (process.env.TERMINATED) writeFileSync(process.env.TERMINATED, 'terminated');
});

app.http('echo', {
  methods: ['GET', 'POST'],
  route: 'echo/{*rest}',
  // What a hook adds comes before the context.
  handler: async (request, more, context) =>
    json({
      url: request.url,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      params: request.params,
      body: Buffer.from(await request.arrayBuffer()).toString('hex'),
      functionName: context.functionName,
      invocationId: context.invocationId,
      traceParent: context.traceContext.traceParent,
      more,
      pid: process.pid,
    }),
});
app.http('item', {
  methods: ['GET'],
  route: 'items/{id:int}/{part:alpha?}',
  handler: ({ params }) => json(params),
});
app.http('unrouted', { methods: ['GET'], handler: () => json('unrouted') });
app.http('guarded', { methods: ['GET'], authLevel: 'function', handler: () => json('guarded') });
app.http('administered', { methods: ['GET'], authLevel: 'admin', handler: () => json('administered') });
app.http('throws', {
  methods: ['GET'],
  handler: () => {
    throw new Error('the secret of the function');
  },
});
app.http('hangs', { methods: ['GET'], handler: () => new Promise(() => {}) });
app.http('exits', { methods: ['GET'], handler: () => process.exit(3) });
app.http('stream', {
  methods: ['GET'],
  handler: () => ({
    status: 201,
    headers: { 'content-type': 'text/event-stream' },
    body: new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first'));
        await new Promise((resolve) => {
          release = resolve;
        });
        controller.enqueue(new TextEncoder().encode('last'));
        controller.close();
      },
    }),
  }),
});
app.http('release', { methods: ['POST'], handler: () => json(release()) });
