import { surfaceHash } from '@mcp-everywhere/server';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { isSpecType } from '@modelcontextprotocol/client';
import { describe, expect } from 'vitest';
import { LEGACY_REVISION, MODERN_REVISION } from '../clients/revisions.ts';
import { laneCase } from './case.ts';
import { expectedSurfaceHash } from './expected-surface.ts';
import type { ClientLane } from './lane.ts';

/** How clients of both eras find the server, and what is offered to them alike. */
export function surface(lane: ClientLane): void {
  const { app } = lane;
  describe('the handshake', () => {
    laneCase(app.name, 'discovers as a modern server', async () => {
      const client = await lane.connect('modern');
      expect(client.protocolVersion).toBe(MODERN_REVISION);
      expect(client.serverInfo).toMatchObject({ name: catalogueSurface.name, version: catalogueSurface.version });
      expect(client.instructions).toBe(catalogueSurface.instructions);
    });

    laneCase(app.name, 'initializes as a legacy server', async () => {
      const client = await lane.connect('legacy');
      expect(client.protocolVersion).toBe(LEGACY_REVISION);
      expect(client.serverInfo).toMatchObject({ name: catalogueSurface.name, version: catalogueSurface.version });
      expect(client.instructions).toBe(catalogueSurface.instructions);
    });
  });
  offered(lane);
}

/** What there is, whatever the clients make of the handshake. */
export function offered(lane: ClientLane): void {
  const { app } = lane;
  describe('what is offered', () => {
    laneCase(app.name, 'lists the same tools to both eras, each whole', async () => {
      const modern = await (await lane.connect('modern')).listTools();
      const legacy = await (await lane.connect('legacy')).listTools();
      expect(modern.map(({ name }) => name)).toEqual(catalogueSurface.tools.map(({ name }) => name));
      expect(legacy).toEqual(modern);
      for (const tool of modern) {
        expect(isSpecType.Tool(tool)).toBe(true);
        expect(tool).toMatchObject({
          title: expect.any(String),
          description: expect.any(String),
          outputSchema: expect.any(Object),
          annotations: expect.any(Object),
        });
      }
    });

    laneCase(
      app.name,
      'has one surface hash everywhere: health, runtime_info, both lists, and the source',
      async () => {
        const modern = await lane.connect('modern');
        const legacy = await lane.connect('legacy');
        const health = await (await fetch(`${lane.open.url}/healthz`)).json();
        const { structured } = await modern.callTool('runtime_info');
        expect({
          health: health.surfaceHash,
          runtimeInfo: structured.surfaceHash,
          modern: await surfaceHash(await modern.listTools()),
          legacy: await surfaceHash(await legacy.listTools()),
        }).toEqual(allEqual(await expectedSurfaceHash(), ['health', 'runtimeInfo', 'modern', 'legacy']));
      },
    );

    laneCase(app.name, 'lists its resource templates and its prompt', async () => {
      for (const era of ['modern', 'legacy'] as const) {
        const client = await lane.connect(era);
        expect(await client.listResourceTemplates()).toEqual([
          expect.objectContaining({ uriTemplate: 'record://{id}' }),
          expect.objectContaining({ uriTemplate: 'report://{jobId}' }),
        ]);
        expect(await client.listResources()).toEqual([]);
        expect(await client.listPrompts()).toEqual([expect.objectContaining({ name: 'recommend_books' })]);
      }
    });
  });
}

function allEqual(value: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, value]));
}
