import { execa } from 'execa';
import { describe, expect } from 'vitest';
import * as z from 'zod';
import { laneCase } from './case.ts';
import { type ClientLane, SECRET } from './lane.ts';

/** The proof, out of the answers themselves, that the lane runs on the runtime it is named after. */
export function runtimeProof(lane: ClientLane): void {
  const { app } = lane;
  describe('the runtime, asserted in band', () => {
    laneCase(
      app.name,
      'runtime_info names the runtime, the target, the engine of its state and what delivers its jobs',
      async () => {
        const client = await lane.connect('modern');
        const { structured } = await client.callTool('runtime_info');
        expect(structured).toMatchObject({
          runtime: { name: app.runtime },
          target: app.name,
          state: { kind: app.stateKind, consistency: 'strong' },
          jobs: app.queue,
          uptimeSeconds: expect.any(Number),
        });
      },
    );

    laneCase(app.name, 'runtime_info reports the version that the binary itself reports', async () => {
      const client = await lane.connect('legacy');
      const { structured } = await client.callTool('runtime_info');
      const { name, version } = namedRuntime.parse(structured.runtime);
      expect(`${name} ${version}`).toBe(`${app.runtime} ${await versionOfBinary(lane)}`);
    });

    laneCase(app.name, 'runtime_info names environment variables and never shows a value', async () => {
      const client = await lane.connect('modern');
      const { structured, text } = await client.callTool('runtime_info');
      expect(structured.environment).toEqual([
        { variable: 'FETCH_PAGE_ALLOW_PRIVATE', present: true },
        { variable: 'FETCH_PAGE_HOSTS', present: true },
      ]);
      for (const value of [...lane.site.hosts, SECRET]) expect(text).not.toContain(value);
    });

    laneCase(app.name, '/healthz names the same target and runtime', async () => {
      const health = await (await fetch(`${lane.open.url}/healthz`)).json();
      const { structured } = await (await lane.connect('modern')).callTool('runtime_info');
      expect(health).toMatchObject({ status: 'ok', target: app.name, runtime: structured.runtime });
    });
  });
}

const namedRuntime = z.object({ name: z.string(), version: z.string() });

async function versionOfBinary({ app }: ClientLane): Promise<string | undefined> {
  const { file, args, cwd, env } = app.version;
  const { stdout } = await execa(file, args, { cwd, env, extendEnv: false });
  // workerd's version is a date.
  return /\d+[.-]\d+[.-]\d+/.exec(stdout)?.[0];
}
