import type { Runtime } from './target.ts';

/** What the runtimes put on the global object to tell themselves apart. */
interface Globals {
  /** On every runtime: an object type of optional members only would match none of their global types. */
  readonly fetch: unknown;
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly Bun?: { readonly version: string };
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/**
 * The runtime this code runs on, asked of the runtime itself: an app that is started on another one says so.
 *
 * Deno, Bun and workerd also answer to Node's marks, so Node comes last.
 *
 * @throws {Error} on a runtime it does not know
 */
export function detectRuntime(): Runtime {
  const { Deno, Bun, navigator, process }: Globals = globalThis;
  if (Deno !== undefined) return { name: 'deno', version: Deno.version.deno };
  if (Bun !== undefined) return { name: 'bun', version: Bun.version };
  // https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent
  if (navigator?.userAgent === 'Cloudflare-Workers') return { name: 'workerd', version: 'unversioned' };
  if (process?.versions?.node !== undefined) return { name: 'node', version: process.versions.node };
  throw new Error('Unknown runtime: neither Node, Bun, Deno nor workerd');
}
