import { describe } from 'vitest';
import type { App } from '../apps/app.ts';
import { badInput } from './bad-input.ts';
import { noStaleExceptions } from './case.ts';
import { discretion } from './discretion.ts';
import { fetchPage } from './fetch-page.ts';
import { handles } from './handles.ts';
import { http } from './http.ts';
import { httpSse } from './http-sse.ts';
import { inputRequired } from './input-required.ts';
import { jobs } from './jobs.ts';
import { prepareLane } from './lane.ts';
import { leaving } from './leaving.ts';
import { listening } from './listening.ts';
import { load } from './load.ts';
import { resourcesAndPrompts } from './resources-and-prompts.ts';
import { restart } from './restart.ts';
import { runtimeProof } from './runtime-proof.ts';
import { sharedState } from './shared-state.ts';
import { surface } from './surface.ts';
import { tools } from './tools.ts';

/** The one suite every app has to pass, over HTTP, against the app as it really runs. */
export function suite(app: App): void {
  describe(`apps/${app.name}`, () => {
    const lane = prepareLane(app);
    runtimeProof(lane);
    surface(lane);
    tools(lane);
    leaving(lane);
    httpSse(lane);
    sharedState(lane);
    inputRequired(lane);
    jobs(lane);
    handles(lane);
    listening(lane);
    resourcesAndPrompts(lane);
    badInput(lane);
    http(lane);
    load(lane);
    fetchPage(lane);
    discretion(lane);
    restart(lane);
    noStaleExceptions(app.name);
  });
}
