import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { denoApp } from '../src/apps/deno.ts';
import { messageOf, modern } from '../src/clients/wire.ts';
import { launch } from '../src/launch.ts';
import { keptAlive } from '../src/suite/kept-alive.ts';
import { suite } from '../src/suite/suite.ts';

const started = z.object({ result: z.object({ structuredContent: z.object({ jobId: z.string() }) }) });

/** Prints a job's record as the database has it; two arguments: the file, and the id. */
const READ_JOB = `
  import { denoKvStore } from '@mcp-everywhere/platform/state/deno-kv';
  const [path, jobId] = Deno.args;
  console.log(await denoKvStore(await Deno.openKv(path)).get('jobs/' + jobId));
`;

suite(denoApp, [keptAlive]);

describe('apps/deno, beyond the suite', () => {
  async function launched() {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-deno-'));
    const running = await launch(denoApp, { stateDirectory });
    onTestFinished(async () => {
      await running.stop();
      await rm(stateDirectory, { recursive: true, force: true });
    });
    const { file, cwd } = denoApp.version;
    return {
      running,
      async startReport(years: object) {
        const call = modern('tools/call', { name: 'start_report', arguments: years }, { id: 1 });
        const response = await fetch(`${running.url}/mcp`, call);
        return started.parse(messageOf(await response.text())).result.structuredContent.jobId;
      },
      async readJob(jobId: string): Promise<unknown> {
        const path = join(stateDirectory, 'state.kv');
        const { stdout } = await execa(file, ['eval', '--unstable-kv', READ_JOB, path, jobId], { cwd });
        return JSON.parse(stdout);
      },
    };
  }

  it('completes a report though nobody asks for it', async () => {
    const { startReport, readJob } = await launched();
    const jobId = await startReport({ yearFrom: 1800, yearTo: 1820 });
    await expect.poll(() => readJob(jobId), { timeout: 15_000 }).toMatchObject({ status: 'completed' });
  });

  it('hands a report over when it ends: the next process goes on with it at once, though nobody asks', async () => {
    const { running, startReport, readJob } = await launched();
    const jobId = await startReport({ yearFrom: 1850 });
    await expect.poll(() => readJob(jobId), { timeout: 15_000 }).toMatchObject({ progress: expect.anything() });
    await running.stop();
    expect(await readJob(jobId)).toMatchObject({ status: 'queued', failures: 0, checkpoint: expect.anything() });
    await running.restart();
    // Most books, while other lanes share the cores.
    await expect.poll(() => readJob(jobId), { timeout: 60_000 }).toMatchObject({ status: 'completed', failures: 0 });
  }, 90_000);
});
