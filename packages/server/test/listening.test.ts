import type { Platform } from '@mcp-everywhere/platform';
import { BusUnavailable, type EventBus } from '@mcp-everywhere/platform/events';
import { inProcessBus } from '@mcp-everywhere/platform/events/in-process';
import { createJobs } from '@mcp-everywhere/platform/jobs';
import { defineJob, type Surface } from '@mcp-everywhere/tools';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { createServer } from '../src/index.ts';
import { MAX_STREAMS } from '../src/protocol/held-streams.ts';
import { eventReader } from './event-reader.ts';
import { fixtureSurface, memoryPlatform } from './fixture.ts';
import { legacy, messageOf, modern } from './requests.ts';

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

const countUp = defineJob({
  name: 'count_up',
  title: 'Count up',
  description: 'Counts.',
  input: z.object({}),
  output: z.object({ counted: z.int() }),
  checkpoint: z.int(),
  annotations: { readOnlyHint: true, openWorldHint: false },
  resultUri: (jobId) => `count://${jobId}`,
  async run(_args, ctx) {
    await ctx.save(1, { done: 1 });
    return { counted: 1 };
  },
});

const surface: Surface = {
  ...fixtureSurface,
  tools: [countUp],
  resourceTemplates: [
    ...fixtureSurface.resourceTemplates,
    {
      name: 'count',
      title: 'Count',
      description: 'A count.',
      mimeType: 'text/plain',
      prefix: 'count://',
      variable: 'jobId',
      complete: () => [],
      read: async () => undefined,
      changes: async (jobId, { jobs }) => (await jobs.find(jobId)) !== undefined,
    },
  ],
};

/** A bus in this process that knows how many listen. */
function countedBus() {
  const bus = inProcessBus();
  let listeners = 0;
  const counted: EventBus = {
    ...bus,
    subscribe(listener, missed) {
      const stop = bus.subscribe(listener, missed);
      listeners += 1;
      return Object.assign(
        () => {
          stop();
          listeners -= 1;
        },
        { ready: stop.ready },
      );
    },
  };
  return { bus: counted, listeners: () => listeners };
}

const discover = z.object({ result: z.object({ capabilities: z.record(z.string(), z.unknown()) }) });
function started(platform: Partial<Platform> = {}) {
  const { bus, listeners } = countedBus();
  const whole: Platform = {
    ...memoryPlatform(),
    events: bus,
    jobs: { kind: 'by hand', send: async () => {} },
    ...platform,
  };
  const server = createServer(surface, whole, { loopback: true });
  const jobs = createJobs(whole.state, { kind: 'by hand', send: async () => {} });
  const listen = async (uris: unknown, id = 7) =>
    server.fetch(modern('subscriptions/listen', { notifications: { resourceSubscriptions: uris } }, {}, id));
  return {
    server,
    bus,
    listeners,
    listen,
    run: server.runJob,
    async submit(owner = 'anonymous') {
      const { id } = await jobs.submit({ kind: 'count_up', owner, input: {} });
      return { id, uri: `count://${id}` };
    },
    /** Listens, and reads past the acknowledgement. */
    async opened(...uris: string[]) {
      const stream = eventReader(await listen(uris));
      onTestFinished(() => stream.leave());
      expect(await stream.message()).toMatchObject({ params: { notifications: { resourceSubscriptions: uris } } });
      return stream;
    },
    async capabilities() {
      return discover.parse(await messageOf(await server.fetch(modern('server/discover')))).result.capabilities;
    },
  };
}

describe('that clients can listen', () => {
  test('is advertised to the modern era, to resources that change', async () => {
    expect((await started().capabilities()).resources).toEqual({ subscribe: true });
  });

  test('is not advertised to the 2025 era, which has no session to listen in', async () => {
    const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answer = await messageOf(await started().server.fetch(legacy('initialize', initialize)));
    expect(answer).toMatchObject({ result: { capabilities: { resources: {} } } });
    expect(JSON.stringify(answer)).not.toContain('subscribe');
  });

  test.each([
    ['on a target that holds no stream', { target: 'netlify' }, /on Netlify Functions a stream ends after 10 s/],
    ['without a bus', { events: undefined }, /this deployment has no event bus/],
  ] as const)(
    'is not advertised %s, and is refused with the reason and what to do',
    async (_where, platform, reason) => {
      const { events: _, ...rest } = memoryPlatform();
      const server = createServer(surface, { ...rest, ...('target' in platform && platform) }, { loopback: true });
      const { result } = discover.parse(await messageOf(await server.fetch(modern('server/discover'))));
      expect(result.capabilities.resources).toEqual({});
      const refused = await server.fetch(modern('subscriptions/listen', { notifications: {} }, {}, 3));
      expect(refused.status).toBe(404);
      const message = await messageOf(refused);
      expect(message).toMatchObject({ id: 3, error: { code: -32_601, message: expect.stringMatching(reason) } });
      expect(message).toMatchObject({
        error: { message: expect.stringMatching(/get_job_result or resources\/read\.$/) },
      });
    },
  );
});

describe('a stream', () => {
  test('tells of a job that comes further and ends, each time with the id of the request', async () => {
    const { submit, listen, run } = started();
    const { id, uri } = await submit();
    const response = await listen([uri]);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const stream = eventReader(response);
    onTestFinished(() => stream.leave());
    const _meta = { [SUBSCRIPTION_ID]: 7 };
    expect(await stream.message()).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { resourceSubscriptions: [uri] }, _meta },
    });
    await run(id);
    for (const _ of ['progress', 'end']) {
      expect(await stream.message()).toEqual({
        jsonrpc: '2.0',
        method: 'notifications/resources/updated',
        params: { uri, _meta },
      });
    }
  });

  test('confirms neither what is unknown, nor what does not change, nor the job of somebody else', async () => {
    const { submit, listen } = started();
    const [own, foreign] = [await submit(), await submit('alice')];
    const stream = eventReader(await listen([foreign.uri, 'count://job_unknown', 'note://alpha', 'what', own.uri]));
    expect(await stream.message()).toMatchObject({ params: { notifications: { resourceSubscriptions: [own.uri] } } });
    await stream.leave();
    const answers = await Promise.all(
      [foreign.uri, 'count://job_unknown'].map(async (uri) => (await listen([uri])).text()),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).toContain('"resultType":"complete"');
  });

  test('carries nothing that another principal owns', async () => {
    const { server, submit, opened, bus } = started();
    const { uri } = await submit();
    const stream = await opened(uri);
    await bus.publish({ kind: 'resource_updated', uri, owner: 'alice' });
    await bus.publish({ kind: 'resource_updated', uri: 'count://other', owner: 'anonymous' });
    await bus.publish({ kind: 'tools_list_changed' });
    await bus.publish({ kind: 'resource_updated', uri, owner: 'anonymous' });
    await bus.publish({ kind: 'resource_updated', uri });
    server.endListening();
    const told = await stream.rest();
    expect(told.slice(0, -1)).toMatchObject([{ params: { uri } }, { params: { uri } }]);
    expect(told.at(-1)).toMatchObject({ id: 7, result: { resultType: 'complete' } });
  });

  test('that the client closes holds nothing any more', async () => {
    const { submit, opened, listeners } = started();
    const stream = await opened((await submit()).uri);
    expect(listeners()).toBe(1);
    await stream.leave();
    expect(listeners()).toBe(0);
  });

  test('that is refused, or has nothing to tell, holds nothing either', async () => {
    const { listen, listeners } = started();
    expect(await messageOf(await listen('no list'))).toMatchObject({ error: { code: -32_602 } });
    await (await listen(['count://job_unknown'])).text();
    const tooMany = await listen(Array.from({ length: 65 }, (_, index) => `count://${index}`));
    expect(await messageOf(tooMany)).toMatchObject({ id: 7, error: { code: -32_602, message: /at most 64/ } });
    expect(listeners()).toBe(0);
  });

  test('is refused where as many are held as may be, also while they are still being opened', async () => {
    const { submit, opened, listen, listeners } = started();
    const { uri } = await submit();
    const last = await opened(uri);
    const others = await Promise.all(Array.from({ length: MAX_STREAMS }, () => listen([uri])));
    const full = others.filter(({ status }) => status !== 200);
    expect(full).toHaveLength(1);
    for (const refused of full) {
      expect(refused.status).toBe(503);
      expect(await messageOf(refused)).toMatchObject({ id: 7, error: { message: /holds 1024 streams.*Listen again/ } });
    }
    expect(listeners()).toBe(MAX_STREAMS);
    expect((await listen([uri])).status).toBe(503);
    await last.leave();
    const next = await listen([uri]);
    expect(next.status).toBe(200);
    await Promise.all([...others, next].map((held) => held.bodyUsed || held.body?.cancel()));
    expect(listeners()).toBe(0);
  });

  test('tells of every resource after an outage: each may have changed', async () => {
    const bus = inProcessBus();
    let missed = () => {};
    const events: EventBus = {
      ...bus,
      subscribe(listener, onMissed = () => {}) {
        missed = onMissed;
        return bus.subscribe(listener);
      },
    };
    const { submit, opened } = started({ events });
    const [one, other] = [await submit(), await submit()];
    const stream = await opened(one.uri, other.uri);
    missed();
    expect([await stream.message(), await stream.message()]).toMatchObject([
      { params: { uri: one.uri } },
      { params: { uri: other.uri } },
    ]);
  });

  test('is refused with a clear error while the bus is down', async () => {
    const bus = inProcessBus();
    const ready = () => Promise.reject(new BusUnavailable('in-process', new Error('10.0.0.7 refused')));
    const { submit, listen } = started({
      events: { ...bus, subscribe: (...listener) => Object.assign(bus.subscribe(...listener), { ready }) },
    });
    const refused = await listen([(await submit()).uri]);
    expect(refused.status).toBe(503);
    expect(await messageOf(refused)).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32_603, message: 'The event bus "in-process" is unavailable. Try again in a moment.' },
    });
  });

  test('ends with an answer before the platform would end it, and the client listens again', async () => {
    const { submit, opened, listeners } = started({ target: 'vercel', wallTimeMs: 1_000 });
    const { uri } = await submit();
    for (const _ of ['first', 'again']) {
      const began = Date.now();
      const stream = await opened(uri);
      expect(await stream.message()).toMatchObject({ id: 7, result: { resultType: 'complete' } });
      expect(await stream.message()).toBeUndefined();
      expect(Date.now() - began).toBeGreaterThan(800);
      expect(listeners()).toBe(0);
    }
  });

  test('ends with an answer when the server does, and no further one is opened', async () => {
    const { server, submit, opened, listen, listeners } = started();
    const { uri } = await submit();
    const stream = await opened(uri);
    server.endListening();
    expect(await stream.message()).toMatchObject({ id: 7, result: { resultType: 'complete' } });
    expect(await stream.message()).toBeUndefined();
    expect(listeners()).toBe(0);
    expect((await listen([uri])).status).toBe(503);
    expect((await server.fetch(modern('tools/list'))).status).toBe(200);
  });

  test('is refused, too, where the server ends before anybody has listened', async () => {
    const { server, listen } = started();
    server.endListening();
    expect((await listen(['count://1'])).status).toBe(503);
  });

  describe('that is silent', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test('says every 15 s that it is alive', async () => {
      const { submit, listen } = started();
      const { uri } = await submit();
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const stream = eventReader(await listen([uri]));
      await stream.message();
      vi.advanceTimersByTime(15_000);
      const next = stream.message();
      await expect.poll(() => stream.comments).toEqual(['keepalive']);
      await stream.leave();
      expect(await next).toBeUndefined();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
