import { afterAll, describe } from 'vitest';
import type { Elicit, EraClient } from '../clients/client.ts';
import { connectMcpRemote } from '../clients/mcp-remote.ts';
import { handles } from './handles.ts';
import { inputRequired } from './input-required.ts';
import { jobs } from './jobs.ts';
import type { ClientLane, Lane } from './lane.ts';
import { resourcesAndPrompts } from './resources-and-prompts.ts';
import { runtimeProof } from './runtime-proof.ts';
import { sharedState } from './shared-state.ts';
import { offered } from './surface.ts';
import { tools } from './tools.ts';

/**
 * All cases that go by clients, by mcp-remote. That it speaks the era that it is to speak, its questions show: a client of
 * the legacy era is refused them, without a session.
 */
export function mcpRemote(lane: Lane): void {
  describe('by mcp-remote', () => {
    const through = throughMcpRemote(lane);
    runtimeProof(through);
    offered(through);
    tools(through);
    sharedState(through);
    inputRequired(through);
    jobs(through);
    handles(through);
    resourcesAndPrompts(through);
  });
}

/** Each mcp-remote is a process: those who speak one era, and show forms or none, share it, as the cases come in turn. */
function throughMcpRemote(lane: Lane): ClientLane {
  const connected = new Map<string, Promise<EraClient>>();
  let elicitNow: Elicit | undefined;
  const whoeverIsNow: Elicit = (message) => elicitNow?.(message) ?? { action: 'cancel' };

  const connect = async (era: EraClient['era'], showsForms: boolean): Promise<EraClient> => {
    const connection = { url: new URL('/mcp', lane.open.url), directory: lane.directory };
    const client = await connectMcpRemote(connection, era, showsForms ? whoeverIsNow : undefined);
    await client.listTools();
    return client;
  };

  afterAll(async () => {
    const clients = await Promise.allSettled(connected.values());
    await Promise.all(clients.map((client) => client.status === 'fulfilled' && client.value.close()));
  });
  return {
    app: lane.app,
    get open() {
      return lane.open;
    },
    get site() {
      return lane.site;
    },
    connect(era, elicit) {
      elicitNow = elicit;
      const showsForms = elicit !== undefined;
      const key = `${era} ${showsForms}`;
      const client = connected.get(key) ?? connect(era, showsForms);
      connected.set(key, client);
      return client;
    },
  };
}
