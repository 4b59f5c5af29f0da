import { readFile } from 'node:fs/promises';
import { TARGETS, type Target } from '@mcp-everywhere/platform';
import { describe, expect, it } from 'vitest';
import { moduleLists, packageOf } from '../src/build/module-list.ts';

const MAX_BYTES = 1_000_000;

/** The client libraries, by how their packages' names begin, each with the targets that may carry it. */
const CLIENTS: Readonly<Record<string, readonly Target[]>> = {
  '@aws-crypto/': ['lambda'],
  '@aws-sdk/': ['lambda'],
  '@azure/': ['azure'],
  '@netlify/': ['netlify'],
  '@smithy/': ['lambda'],
  '@upstash/': ['vercel'],
  '@vercel/': ['vercel'],
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
  it('is at most 1 MB, minified', async () => {
    const large = (await moduleLists(target)).filter(({ bytes }) => bytes > MAX_BYTES);
    expect(large.map(({ entryPoint, bytes }) => `${entryPoint}: ${bytes} bytes`)).toEqual([]);
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

  const early = LOADS_SDK_AT_START[target];
  it(early === undefined ? 'starts without the SDK' : `starts with the SDK, because ${early}`, async () => {
    const ofSdk = (module: string) => packageOf(module)?.startsWith('@modelcontextprotocol/') === true;
    const lists = await moduleLists(target);
    expect(lists.some(({ modules }) => modules.some(ofSdk))).toBe(true);
    expect(lists.some(({ atStart }) => atStart.some(ofSdk))).toBe(early !== undefined);
  });
});

it('every client library that an adapter depends on is in the list', async () => {
  const platform = new URL('../../platform/package.json', import.meta.url);
  const { dependencies } = JSON.parse(await readFile(platform, 'utf8'));
  expect(Object.keys(dependencies).filter((name) => carriersOf(name) === undefined)).toEqual(['zod']);
});
