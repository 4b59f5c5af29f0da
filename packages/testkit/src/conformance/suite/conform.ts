import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../apps/app.ts';
import { legacy, modern, type WireRequest } from '../../clients/wire.ts';
import { launch } from '../../launch.ts';
import { REVISIONS } from './requirements.ts';
import { runSuite } from './run-suite.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** Launches an app that serves the suite's surface, and runs the suite against it, once for each revision. */
export async function conform(app: App): Promise<Verdict[]> {
  const stateDirectory = await mkdtemp(join(tmpdir(), `mcp-everywhere-${app.name}-`));
  const launched = await launch(app, { stateDirectory, settings: { MCP_SESSIONS: 'on' } });
  try {
    const url = `${launched.url}/mcp`;
    // Some scenarios give a server no more than half a second, which the first request of a kind may take.
    for (const request of [modern('prompts/list', {}, { id: 1 }), legacy('initialize', INITIALIZE, { id: 1 })]) {
      await warmUp(url, request);
    }
    const verdicts: Verdict[] = [];
    for (const revision of REVISIONS) {
      verdicts.push(await verdictOn(app.name, revision, await runSuite(url, revision)));
    }
    return verdicts;
  } finally {
    await launched.stop();
    await rm(stateDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'testkit-warm-up', version: '1.0.0' },
};

async function warmUp(url: string, request: WireRequest): Promise<void> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw new Error(`${url} is not ready for the suite: ${response.status} ${await response.text()}`);
  await response.text();
}
