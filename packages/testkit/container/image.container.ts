import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { hardened } from '../src/apps/container.ts';
import { modern } from '../src/clients/wire.ts';
import { BUILD_MOUNTS } from '../src/container/build-volumes.ts';
import { BASES, imageOf, output } from '../src/container/engine.ts';
import { findEngine } from '../src/container/find-engine.ts';

const engine = await findEngine();
const MIB = 1024 * 1024;

const check = z.object({ Test: z.array(z.string()) });
const inspected = z.object({
  Config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Labels: z.record(z.string(), z.string()),
    // Docker has it here, podman below.
    Healthcheck: check.optional(),
  }),
  Healthcheck: check.optional(),
});

describe.each(BASES)('the image on %s', (base) => {
  const reference = imageOf(base);
  const name = `mcp-everywhere-image-${base}-${process.pid}`;
  let image: z.output<typeof inspected>;

  // As the image has it, but for what it answers to: a network of its own, with nothing in it but the container.
  beforeAll(async () => {
    [image] = z.tuple([inspected]).parse(JSON.parse(await output(engine, 'image', 'inspect', imageOf(base))));
    const run = ['run', '--detach', `--name=${name}`, ...hardened(engine), '--network=none', '--volume=/data'];
    await output(engine, ...run, '--env=MCP_ALLOWED_HOSTS=mcp.example.org', reference);
    await vi.waitUntil(async () => (await healthCheck()) === 0, { timeout: 10_000, interval: 100 });
  });
  afterAll(() => output(engine, 'kill', name));

  /** The exit code of the image's own check. */
  async function healthCheck(...environment: string[]): Promise<number | undefined> {
    const [kind, ...command] = (image.Config.Healthcheck ?? image.Healthcheck)?.Test ?? [];
    expect(kind).toBe('CMD');
    const { file, args, env } = engine.command(['exec', ...environment.map((set) => `--env=${set}`), name, ...command]);
    return (await execa(file, args, { env, extendEnv: false, reject: false })).exitCode;
  }

  /** Evaluates an expression in a process of its own inside the container. */
  async function inside(expression: string): Promise<unknown> {
    const script = `Promise.resolve(${expression}).then((value) => process.exit(void console.log(JSON.stringify(value))))`;
    return JSON.parse(await output(engine, 'exec', name, '/usr/local/bin/node', '--eval', script));
  }

  it('runs as a user without a name, without capabilities, and cannot gain any', async () => {
    expect(image.Config.User).toBe('1000:1000');
    const status = String(await inside(`require('fs').readFileSync('/proc/1/status', 'utf8')`));
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  });

  it('cannot write but where its state is', async () => {
    const write = (path: string) =>
      inside(`require('fs').promises.writeFile('${path}', '').then(() => 'written', (error) => error.code)`);
    for (const path of ['/app/main.mjs', '/app/compile-cache/x', '/x'])
      expect(await write(path)).toMatch(/EROFS|EACCES/);
    expect(await write('/data/x')).toBe('written');
  });

  it.runIf(engine.limitsMemory)('lives within 128 MiB', async () => {
    expect(await inside('process.constrainedMemory()')).toBe(128 * MIB);
  });

  it('is healthy on the port it is given, and on no other', async () => {
    expect(await healthCheck()).toBe(0);
    expect(await healthCheck('PORT=8081')).toBe(1);
    expect(await healthCheck('PORT=8081', 'MCP_PORT=8080')).toBe(0);
  });

  it('answers to the names it was given, and to no other, loopback or not', async () => {
    const { method, headers, body } = modern('tools/list', {}, { id: 1 });
    const status = (host: string) =>
      inside(`new Promise((resolve) => require('http').request(
        { port: 8080, path: '/mcp', method: '${method}', headers: ${JSON.stringify({ ...headers, host })} },
        ({ statusCode }) => resolve(statusCode)).end(${JSON.stringify(body)}))`);
    expect(await status('mcp.example.org')).toBe(200);
    expect(await status('localhost:8080')).toBe(403);
  });

  it('takes its compiled code from the image', async () => {
    const { file, args, env } = engine.command(['run', ...hardened(engine), '--network=none', '--volume=/data']);
    const traced = [...args, '--env=NODE_DEBUG_NATIVE=COMPILE_CACHE', reference, '--stdio'];
    const { all } = await execa(file, traced, { env, extendEnv: false, input: '', all: true });
    expect(all).toMatch(/cache for ESM file:\/\/\/app\/main\.mjs was accepted/);
  });

  it('says what is wrong where it has nowhere to keep its state', async () => {
    const { file, args, env } = engine.command(['run', ...hardened(engine), '--network=none', reference]);
    const { exitCode, stderr } = await execa(file, args, { env, extendEnv: false, reject: false });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^Cannot open the SQLite state file \/data\/state\.sqlite: .*Name a database file/),
    });
  });

  it('names itself', () => {
    expect(image.Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'mcp-everywhere',
      'org.opencontainers.image.licenses': 'MIT',
    });
  });

  it('holds no setting of the machine that built it', () => {
    const names = image.Config.Env.map((entry) => entry.split('=')[0]);
    const expected = ['HOST', 'NODE_COMPILE_CACHE', 'NODE_ENV', 'PATH', 'PORT', 'STATE_PATH'];
    expect(names.filter((variable) => !/^(NODE|YARN)_VERSION$/.test(String(variable))).sort()).toEqual(expected);
  });

  it('holds nothing that was mounted to build it', async () => {
    // As root, who alone may look into /root.
    const node = ['--user=0:0', '--network=none', '--entrypoint=/usr/local/bin/node', reference, '--eval'];
    const present = (paths: readonly string[]) => `${JSON.stringify(paths)}.filter((path) =>
      require('fs').lstatSync(path, { throwIfNoEntry: false }))`;
    const script = `console.log(JSON.stringify(${present([...BUILD_MOUNTS, '/app/main.mjs'])}))`;
    expect(JSON.parse(await output(engine, 'run', ...hardened(engine), ...node, script))).toEqual(['/app/main.mjs']);
  });
});
