import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { afterAll, beforeAll } from 'vitest';
import type { App } from '../apps/app.ts';
import type { Elicit, EraClient } from '../clients/client.ts';
import { connectLegacy } from '../clients/legacy-client.ts';
import { connectModern } from '../clients/modern-client.ts';
import { type Recorder, recorder } from '../clients/recorder.ts';
import type { WireRequest } from '../clients/wire.ts';
import { type LaunchedApp, launch } from '../launch.ts';
import { type Site, startSite } from './site.ts';

/** Set on every launched app, and declared by no part of the server: it must appear in no answer and no log. */
export const SECRET = 'hunter2-c0ffee-4711';

/** What seals request states in the guarded launch; the open one keeps a key of its own in its state. */
export const REQUEST_STATE_KEY = `${SECRET}-that-seals-request-states`;

/** A web page that may call the server of the guarded launch. */
export const ALLOWED_ORIGIN = 'https://app.example.org';

/** One app, launched twice, and what the suite needs around it. */
export interface Lane {
  readonly app: App;
  /** Lets `fetch_page` reach the test's own site. */
  readonly open: LaunchedApp;
  /** As it would be deployed: the same hosts are declared, but private addresses are not allowed. */
  readonly guarded: LaunchedApp;
  readonly site: Site;
  readonly recorder: Recorder;
  /** An empty directory for a further launch. */
  readonly directory: string;
  /** A client of the open launch, with the tools listed; closed with the lane. It shows forms where it is given `elicit`. */
  connect(era: EraClient['era'], elicit?: Elicit): Promise<EraClient>;
  /** Sends a request to the open launch's MCP endpoint; it must answer within 15 s. */
  send(request: WireRequest): Promise<Response>;
}

/** What the cases need that go by clients alone: whichever clients those are. */
export type ClientLane = Pick<Lane, 'app' | 'open' | 'site' | 'connect'>;

/** Registers the start and the end of a lane; the lane can be used inside of tests. */
export function prepareLane(app: App): Lane {
  const answers = recorder();
  const clients: EraClient[] = [];
  let site: Site | undefined;
  let open: LaunchedApp | undefined;
  let guarded: LaunchedApp | undefined;
  let directory: string | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), `mcp-everywhere-${app.name}-`));
    site = await startSite();
    const settings = { FETCH_PAGE_HOSTS: site.hosts.join(','), TESTKIT_SECRET: SECRET };
    open = await launch(app, {
      stateDirectory: await mkdtemp(join(directory, 'open-')),
      settings: {
        ...settings,
        FETCH_PAGE_ALLOW_PRIVATE: '1',
        LOG_LEVEL: 'debug',
        ...(LIMITS[app.name].httpSse.served !== 'no' && { MCP_HTTP_SSE: 'on' }),
      },
    });
    guarded = await launch(app, {
      stateDirectory: await mkdtemp(join(directory, 'guarded-')),
      settings: { ...settings, MCP_ALLOWED_ORIGINS: new URL(ALLOWED_ORIGIN).hostname, REQUEST_STATE_KEY },
    });
  });

  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.close()));
    const stopped = await Promise.allSettled([open?.stop(), guarded?.stop(), site?.close()]);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    for (const end of stopped) if (end.status === 'rejected') throw end.reason;
  });

  return {
    app,
    recorder: answers,
    get open() {
      return started(open);
    },
    get guarded() {
      return started(guarded);
    },
    get directory() {
      return started(directory);
    },
    get site() {
      return started(site);
    },
    async connect(era, elicit) {
      const connection = { url: new URL('/mcp', started(open).url), fetch: answers.fetch };
      const client = await (era === 'modern' ? connectModern : connectLegacy)(connection, elicit);
      clients.push(client);
      await client.listTools();
      return client;
    },
    send: (request) => answers.fetch(`${started(open).url}/mcp`, { ...request, signal: AbortSignal.timeout(15_000) }),
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('The lane has not started: use it inside of a test.');
  return part;
}
