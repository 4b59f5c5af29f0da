import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

const packages = new URL('../..', import.meta.url);
const importer = fileURLToPath(new URL('import-quietly.ts', import.meta.url));

/** What every runtime loads: all of tools and server, and the contracts of platform. */
const EVERYWHERE = [
  'tools/src/**/*.ts',
  'server/src/**/*.ts',
  'platform/src/*.ts',
  'platform/src/{env,limits}/*.ts',
  'platform/src/events/{event-bus,engine-bus,event-log,in-process,listeners,polling}.ts',
];

describe('nothing that runs on every runtime does anything while it is imported', () => {
  test.each(EVERYWHERE)('%s', async (pattern) => {
    const modules = await Array.fromAsync(glob(pattern, { cwd: packages }));
    expect(modules.length).toBeGreaterThan(0);
    const urls = modules.map((module) => new URL(module, packages).href);
    expect((await execa('node', [importer, ...urls])).stdout).toBe('quiet');
  });

  test('a module that does is caught', async () => {
    const noisy = 'data:text/javascript,setTimeout(() => {}, 1)';
    await expect(execa('node', [importer, noisy])).rejects.toThrow('setTimeout at module scope');
  });
});
