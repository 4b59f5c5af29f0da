import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import * as z from 'zod';
import { environmentWith } from '../apps/workspace.ts';
import { callOutcome, type EraClient } from './client.ts';

const INSPECTOR = fileURLToPath(
  new URL('clients/launcher/build/index.js', import.meta.resolve('@modelcontextprotocol/inspector/package.json')),
);
/** It takes half a second on an idle machine. */
const WITHIN_MS = 20_000;

const listing = z.object({
  result: z.object({ tools: z.array(z.looseObject({ name: z.string(), inputSchema: z.looseObject({}) })) }),
});
const calling = z.object({ result: z.unknown() });
const failing = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** The command line of the MCP inspector, at a server. Where it fails of its own accord, the error has its `code`. */
export type Inspector = Pick<EraClient, 'listTools' | 'callTool'>;

/**
 * Each request is a process, and a connection of its own.
 *
 * @param era what it speaks with the server
 * @param directory where it keeps what it knows of servers
 */
export function inspectorAt(url: URL, era: EraClient['era'], directory: string): Inspector {
  const run = async (...method: readonly string[]): Promise<unknown> => {
    const at = ['--cli', url.href, '--transport', 'http', '--protocol-era', era, '--format', 'json'];
    const { stdout, stderr } = await execa(process.execPath, [INSPECTOR, ...at, ...method], {
      env: environmentWith({ HOME: directory, USERPROFILE: directory }),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: WITHIN_MS,
    });
    // A tool error is on both.
    if (stdout !== '') return JSON.parse(stdout);
    const { code, message } = failing.parse(JSON.parse(stderr)).error;
    throw Object.assign(new Error(message), { code });
  };
  return {
    listTools: async () => listing.parse(await run('--method', 'tools/list')).result.tools,
    async callTool(name, args = {}) {
      const call = ['--tool-name', name, '--tool-args-json', JSON.stringify(args)];
      return callOutcome(calling.parse(await run('--method', 'tools/call', ...call)).result);
    },
  };
}
