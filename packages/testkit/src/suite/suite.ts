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
import { type Lane, prepareLane } from './lane.ts';
import { leaving } from './leaving.ts';
import { listening } from './listening.ts';
import { load } from './load.ts';
import { resourcesAndPrompts } from './resources-and-prompts.ts';
import { restart } from './restart.ts';
import { roundTrips } from './round-trips.ts';
import { runtimeProof } from './runtime-proof.ts';
import { sharedState } from './shared-state.ts';
import { surface } from './surface.ts';
import { tasks } from './tasks.ts';
import { tools } from './tools.ts';

/**
 * The one suite every app has to pass, over HTTP, against the app as it really runs.
 *
 * @param further what else this app has to pass
 */
export function suite(app: App, further: readonly ((lane: Lane) => void)[] = []): void {
  describe(`apps/${app.name}`, () => {
    const lane = prepareLane(app);
    runtimeProof(lane);
    surface(lane);
    tools(lane);
    leaving(lane);
    httpSse(lane);
    sharedState(lane);
    inputRequired(lane);
    roundTrips(lane);
    jobs(lane);
    handles(lane);
    tasks(lane);
    listening(lane);
    resourcesAndPrompts(lane);
    badInput(lane);
    http(lane);
    load(lane);
    fetchPage(lane);
    for (const add of further) add(lane);
    discretion(lane);
    restart(lane);
    noStaleExceptions(app.name);
  });
}
