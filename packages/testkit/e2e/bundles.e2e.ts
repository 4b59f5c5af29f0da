import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TARGETS, type Target } from '@mcp-everywhere/platform';
import { describe, expect, it } from 'vitest';
import { appDirectory } from '../src/apps/workspace.ts';
import { moduleLists, packageOf } from '../src/build/module-list.ts';

const MAX_BYTES = 1_000_000;
/** What an app loads only where its settings ask for it, from files of its own: each group counts by itself. */
const ON_DEMAND = [['bullmq', 'ioredis'], ['@modelcontextprotocol/server-legacy']];

/** The client libraries, by how their packages' names begin, each with the targets that may carry it. */
const CLIENTS: Readonly<Record<string, readonly Target[]>> = {
  '@aws-crypto/': ['lambda'],
  '@aws-sdk/': ['lambda'],
  '@azure/': ['azure'],
  '@modelcontextprotocol/server-legacy': ['node', 'bun', 'deno'],
  '@netlify/': ['netlify'],
  '@smithy/': ['lambda'],
  '@upstash/': ['vercel'],
  '@vercel/': ['vercel'],
  bullmq: ['node'],
  ioredis: ['node'],
};

/** The SDK comes with the first request that needs it, but for these targets, and why. */
const LOADS_SDK_AT_START: Partial<Record<Target, string>> = {
  cloudflare: "a request's CPU time is limited and billed, and loading is neither",
};

/** The targets that may carry a package; `undefined` where every one may. */
function carriersOf(name: string): readonly Target[] | undefined {
  const client = Object.keys(CLIENTS).find((beginning) => name.startsWith(beginning));
  return client === undefined ? undefined : CLIENTS[client];
}

describe.each(TARGETS)('the bundle of apps/%s', (target) => {
  it('is at most 1 MB, minified, and so is what it loads on demand', async () => {
    const sizes = (await moduleLists(target)).map(({ entryPoint, files }) => {
      const bytesOf = (some: typeof files) => some.reduce((sum, { bytes }) => sum + bytes, 0);
      const holds = (group: readonly string[]) => (file: (typeof files)[number]) =>
        file.modules.some((module) => group.includes(packageOf(module) ?? ''));
      const onDemand = ON_DEMAND.map((group) => files.filter(holds(group)));
      const always = files.filter((file) => !onDemand.flat().includes(file));
      return { entryPoint, always: bytesOf(always), onDemand: onDemand.map(bytesOf) };
    });
    expect(sizes.filter(({ always, onDemand }) => Math.max(always, ...onDemand) > MAX_BYTES)).toEqual([]);
  });

  it("holds no other target's client library", async () => {
    const modules = (await moduleLists(target)).flatMap((list) => list.modules);
    const packages = new Set(modules.map(packageOf).filter((name) => name !== undefined));
    expect(packages.size).toBeGreaterThan(3);
    expect([...packages].filter((name) => carriersOf(name)?.includes(target) === false)).toEqual([]);
  });

  it('holds nothing that only builds or tests', async () => {
    const modules = (await moduleLists(target)).flatMap((list) => list.modules);
    expect(modules.filter((module) => /packages\/testkit\/|\/test\//.test(module))).toEqual([]);
  });

  it('holds none of what is served to the conformance suite', async () => {
    const built = await filesIn(join(appDirectory(target), 'dist'), /\.m?js$/);
    expect(built.length).toBeGreaterThan(0);
    const texts = await Promise.all(built.map((file) => readFile(file, 'utf8')));
    expect(texts.some((text) => text.includes('search_records'))).toBe(true);
    expect(built.filter((_, index) => texts[index]?.includes('test_simple_text'))).toEqual([]);
  });

  const early = LOADS_SDK_AT_START[target];
  it(early === undefined ? 'starts without the SDK' : `starts with the SDK, because ${early}`, async () => {
    const ofSdk = (module: string) => packageOf(module)?.startsWith('@modelcontextprotocol/') === true;
    const lists = await moduleLists(target);
    expect(lists.some(({ modules }) => modules.some(ofSdk))).toBe(true);
    expect(lists.some(({ atStart }) => atStart.some(ofSdk))).toBe(early !== undefined);
  });
});

async function filesIn(directory: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

it('every client library that an adapter depends on is in the list', async () => {
  const platform = new URL('../../platform/package.json', import.meta.url);
  const { dependencies } = JSON.parse(await readFile(platform, 'utf8'));
  expect(Object.keys(dependencies).filter((name) => carriersOf(name) === undefined)).toEqual(['zod']);
});
