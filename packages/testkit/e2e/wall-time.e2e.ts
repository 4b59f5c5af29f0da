import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bunApp } from '../src/apps/bun.ts';
import { denoApp } from '../src/apps/deno.ts';
import { nodeApp } from '../src/apps/node.ts';
import { messageOf, modern } from '../src/clients/wire.ts';
import { launch } from '../src/launch.ts';
import { startSite } from '../src/suite/site.ts';

it.each([nodeApp, bunApp, denoApp])(
  'apps/$name stops a tool before what stands in front of it would cut the answer',
  async (app) => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-wall-time-'));
    onTestFinished(() => rm(stateDirectory, { recursive: true, force: true }));
    const site = await startSite();
    onTestFinished(() => site.close());
    const launched = await launch(app, {
      stateDirectory,
      settings: { WALL_TIME_SECONDS: '1', FETCH_PAGE_HOSTS: site.hosts.join(','), FETCH_PAGE_ALLOW_PRIVATE: '1' },
    });
    onTestFinished(() => launched.kill());
    const request = modern('tools/call', { name: 'fetch_page', arguments: { url: site.page('/silent') } }, { id: 1 });
    const response = await fetch(`${launched.url}/mcp`, request);
    expect(messageOf(await response.text())).toMatchObject({
      result: {
        isError: true,
        content: [{ text: expect.stringMatching(/stopped after 0\.9 s: .* ends a request after 1 s/) }],
      },
    });
  },
);
