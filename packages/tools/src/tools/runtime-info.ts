import * as z from 'zod';
import { defineTool } from '../define-tool.ts';

const engine = z.object({
  kind: z.string().describe('The engine'),
  consistency: z.string().describe('strong: a read sees every earlier write; eventual: it may not, for a while'),
});

export const runtimeInfo = defineTool({
  name: 'runtime_info',
  title: 'Runtime information',
  description:
    'Tells what runs this server: runtime and version, deployment target and region, the engines of state and cache, what delivers jobs, the hash of the tool list, uptime, and which environment variables are set (names only, never values). Use it to find out which deployment answers, or why a tool behaves differently there.',
  input: z.object({}),
  output: z.object({
    runtime: z
      .object({ name: z.string().describe('Such as node or workerd'), version: z.string().describe('Its version') })
      .describe('The JavaScript runtime'),
    target: z.string().describe('The kind of deployment'),
    region: z.string().optional().describe('Where it runs; absent where the platform does not say'),
    state: engine.describe('Where drafts and searches are kept'),
    cache: engine.describe('Where fetched pages are kept for a while'),
    jobs: z.string().describe('What delivers jobs; on-demand: nothing, so one is worked on while somebody asks for it'),
    surfaceHash: z.string().describe('SHA-256, hex, of the canonical tool list: equal on every deployment'),
    uptimeSeconds: z.int().min(0).describe('Whole seconds since this process or isolate created the server'),
    environment: z
      .array(
        z.object({
          variable: z.string().describe('The name'),
          present: z.boolean().describe('Whether it is set'),
        }),
      )
      .describe('The environment variables that the tools declare'),
  }),
  annotations: { readOnlyHint: true, openWorldHint: false },
  async run(_, { server }) {
    const { runtime, target, region, state, cache, jobs, environment } = server;
    return {
      runtime,
      target,
      region,
      state,
      cache,
      jobs,
      surfaceHash: await server.surfaceHash(),
      uptimeSeconds: server.uptimeSeconds(),
      environment: [...environment],
    };
  },
});
