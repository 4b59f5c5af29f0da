import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../src/engines/redis.ts';
import { redisAt, startUpstashFront, type UpstashFront } from '../src/engines/upstash-front.ts';

describe.skipIf(!(await hasRedis()))('the Upstash front', () => {
  let redis: RedisServer;
  let front: UpstashFront;
  beforeAll(async () => {
    redis = await startRedis();
    front = await startUpstashFront(redisAt(redis.url));
  });
  afterAll(async () => {
    await front.stop();
    await redis.stop();
  });

  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${front.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${front.token}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  it('runs a command', async () => {
    expect(await post('/', ['SET', 'key', 'naïve'])).toEqual({ status: 200, body: { result: 'OK' } });
    expect(await post('/', ['GET', 'key'])).toEqual({ status: 200, body: { result: 'naïve' } });
    expect(await post('/', ['GET', 'nothing'])).toEqual({ status: 200, body: { result: null } });
    expect(await post('/', ['EXISTS', 'key'])).toEqual({ status: 200, body: { result: 1 } });
  });

  it('gives strings in base64 where that is asked for, at every depth', async () => {
    await post('/', ['SET', 'key', 'naïve']);
    const { body } = await post('/', ['MGET', 'key', 'nothing'], { 'upstash-encoding': 'base64' });
    expect(body).toEqual({ result: ['bmHDr3Zl', null] });
  });

  it('runs a pipeline, in which one command may fail', async () => {
    const { status, body } = await post('/pipeline', [
      ['SET', 'text', 'value'],
      ['INCR', 'text'],
      ['GET', 'text'],
    ]);
    expect(status).toBe(200);
    expect(body).toEqual([
      { result: 'OK' },
      { error: expect.stringMatching(/^ERR value is not/) },
      { result: 'value' },
    ]);
  });

  it('runs a transaction, and none of it where one command is wrong', async () => {
    const good = [
      ['SET', 'count', 1],
      ['INCR', 'count'],
    ];
    expect(await post('/multi-exec', good)).toEqual({ status: 200, body: [{ result: 'OK' }, { result: 2 }] });
    const bad = [['SET', 'count', 5], ['NOSUCH']];
    expect(await post('/multi-exec', bad)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^ERR|^EXECABORT/) },
    });
    expect(await post('/', ['GET', 'count'])).toMatchObject({ body: { result: '2' } });
  });

  it('refuses a wrong token, a wrong command and a body that is none', async () => {
    expect(await post('/', ['GET', 'key'], { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
    expect(await post('/', ['NOSUCH'])).toMatchObject({ status: 400 });
    expect(await post('/', '{')).toMatchObject({ status: 500 });
    expect(await post('/nosuch', ['GET', 'key'])).toMatchObject({ status: 404 });
  });
});
