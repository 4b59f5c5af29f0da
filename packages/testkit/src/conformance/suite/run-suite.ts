import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import * as z from 'zod';
import { type Revision, SUITE } from './requirements.ts';

/** It takes 15 s on an idle machine, and a minute where each request has a process of its own. */
const WITHIN_MS = 300_000;

const checks = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
);

/** What the suite found out about one requirement of a scenario. */
export type Check = z.infer<typeof checks>[number];

/** By the name of the scenario; one that broke off is not there. */
export type Results = ReadonlyMap<string, readonly Check[]>;

/** The folder of a scenario: its name, and when it began. */
const RESULT = /^server-(?<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/;

/**
 * Runs the official suite against a server, as a process of its own.
 *
 * @param url of the MCP endpoint
 * @throws {Error} with its output, where it does not run to its end
 */
export async function runSuite(url: string, revision: Revision): Promise<Results> {
  const directory = await mkdtemp(join(tmpdir(), 'mcp-everywhere-conformance-'));
  try {
    const suite = fileURLToPath(new URL('dist/index.js', SUITE));
    const args = ['server', '--url', url, '--requirements', revision, '--output-dir', directory];
    // It ends with 1 where a scenario fails, of which the results tell more.
    const run = await execa(process.execPath, [suite, ...args], { reject: false, timeout: WITHIN_MS });
    const results = await readResults(directory);
    if (results.size === 0 || run.timedOut) throw new Error(`The suite did not run to its end: ${run.stderr}`);
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readResults(directory: string): Promise<Results> {
  const results = new Map<string, readonly Check[]>();
  for (const name of await readdir(directory)) {
    const scenario = RESULT.exec(name)?.groups?.scenario;
    const text = await readFile(join(directory, name, 'checks.json'), 'utf8').catch(() => undefined);
    if (scenario !== undefined && text !== undefined) results.set(scenario, checks.parse(JSON.parse(text)));
  }
  return results;
}
