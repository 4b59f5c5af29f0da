import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bunApp } from '../src/apps/bun.ts';
import { nodeApp } from '../src/apps/node.ts';
import { connectLegacy } from '../src/clients/legacy-client.ts';
import { connectModern } from '../src/clients/modern-client.ts';
import { envelope } from '../src/clients/wire.ts';
import { launch } from '../src/launch.ts';
import { KNOWN_RECORD, MISSPELT_RECORD } from '../src/suite/catalogue-facts.ts';

describe.each([nodeApp, bunApp])('apps/$name over stdio', (app) => {
  let stateDirectory: string;
  beforeAll(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-stdio-'));
  });
  afterAll(() => rm(stateDirectory, { recursive: true, force: true }));

  async function stdioCommand() {
    // The port is not listened on over stdio.
    const { file, args, cwd, env } = await app.command({ port: 1, stateDirectory, settings: { LOG_LEVEL: 'debug' } });
    return { command: file, args: [...args, '--stdio'], cwd, env: { ...env } };
  }

  it.each([
    ['modern', connectModern],
    ['legacy', connectLegacy],
  ] as const)('lists the tools and calls one, for the %s client', async (_era, connect) => {
    const client = await connect(await stdioCommand());
    try {
      const tools = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(catalogueSurface.tools.map(({ name }) => name));
      const { structured } = await client.callTool('lookup_record', { id: KNOWN_RECORD });
      expect(structured).toMatchObject({ id: KNOWN_RECORD });
      const { isError, text } = await client.callTool('lookup_record', { id: MISSPELT_RECORD });
      expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining(KNOWN_RECORD) });
    } finally {
      await client.close();
    }
  });

  it('shares its state with the next process', async () => {
    const first = await connectModern(await stdioCommand());
    const { structured } = await first.callTool('create_draft', { title: 'From stdio' });
    await first.close();
    const second = await connectLegacy(await stdioCommand());
    const read = await second.callTool('read_draft', { draftId: structured.draftId });
    await second.close();
    expect(read.structured).toMatchObject({ title: 'From stdio' });
  });

  it.each([
    ['modern', connectModern],
    ['legacy', connectLegacy],
  ] as const)('asks the user of the %s client, over the same connection', async (_era, connect) => {
    const messages: string[] = [];
    const client = await connect(await stdioCommand(), (message) => {
      messages.push(message);
      return { action: 'accept', content: { confirm: true } };
    });
    try {
      const { structured } = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
      expect(structured).toMatchObject({ recordId: KNOWN_RECORD, withdrawn: true });
      expect(messages).toEqual([expect.stringContaining('Jane Austen')]);
      const restored = await client.callTool('restore_record', { recordId: KNOWN_RECORD });
      expect(restored.structured).toMatchObject({ withdrawn: false });
    } finally {
      await client.close();
    }
  });

  it('says to a legacy client that shows no forms that it cannot ask', async () => {
    const client = await connectLegacy(await stdioCommand());
    const { isError, text } = await client.callTool('withdraw_record', { recordId: KNOWN_RECORD });
    await client.close();
    expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining('does not declare') });
  });

  it('keeps what is begun over it from who comes over HTTP to the same state, as if it were not there', async () => {
    const local = await connectModern(await stdioCommand());
    const { jobId } = (await local.callTool('start_report', { yearFrom: 1800, yearTo: 1810 })).structured;
    const { draftId } = (await local.callTool('create_draft', { title: 'Mine' })).structured;
    const served = await launch(app, { stateDirectory });
    const remote = await connectModern({ url: new URL('/mcp', served.url), fetch });
    try {
      for (const [tool, args, unknown] of [
        ['get_job_result', { jobId }, { jobId: `job_${'0'.repeat(32)}` }],
        ['cancel_job', { jobId }, { jobId: `job_${'0'.repeat(32)}` }],
        ['read_draft', { draftId }, { draftId: `draft_${'0'.repeat(32)}` }],
      ] as const) {
        const refused = await remote.callTool(tool, args);
        expect(refused.isError).toBe(true);
        expect(refused).toEqual(await remote.callTool(tool, unknown));
      }
      expect((await local.callTool('read_draft', { draftId })).isError).toBe(false);
    } finally {
      await remote.close();
      await served.stop();
      await local.close();
    }
  });

  it('writes nothing but protocol to standard output, whatever comes in, and ends when standard input closes', async () => {
    const { command, args, cwd, env } = await stdioCommand();
    const call = (id: number, name: string) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: {}, _meta: envelope() },
    });
    const started = execa(command, args, { cwd, env, extendEnv: false, timeout: 10_000, reject: false });
    const lines = [JSON.stringify(call(1, 'runtime_info')), 'not json', JSON.stringify(call(2, 'no_such_tool'))];
    started.stdin.write(`${lines.join('\n')}\n`);
    // Whoever closes standard input wants no more answers, so it stays open until both are there.
    let answered = '';
    started.stdout.on('data', (chunk) => {
      answered += chunk;
      if (answered.split('\n').length > 2) started.stdin.end();
    });
    const { stdout, exitCode, timedOut } = await started;
    expect({ exitCode, timedOut }).toEqual({ exitCode: 0, timedOut: false });
    const messages = stdout.split('\n').map((line) => JSON.parse(line));
    expect(messages.find(({ id }) => id === 1)).toMatchObject({
      result: { structuredContent: { target: app.name, runtime: { name: app.runtime } } },
    });
    expect(messages.find(({ id }) => id === 2)).toMatchObject({ error: { code: -32_602 } });
  });
});
