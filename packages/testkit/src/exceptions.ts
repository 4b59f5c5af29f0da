import { LIMITS } from '@mcp-everywhere/platform/limits';
import type { App } from './apps/app.ts';

/** A case of the suite that a target cannot pass, and why: a property of the platform, never a bug of ours. */
export interface PlatformException {
  readonly target: App['name'];
  /** The name of the case. */
  readonly case: string;
  readonly reason: string;
  /** In the message of the error the case ends with. */
  readonly symptom: RegExp;
  /** Where the reason can be checked. */
  readonly source: string;
}

/** The cases in which a client leaves. */
const LEAVES = {
  closing: 'a client stops a tool by closing the stream, in either era',
  early: 'a client stops a tool by leaving before there is an answer',
} as const;
const STILL_READ = /is still read \d+ ms after the client has left$/;

/** Where the function is never told, as the limits table says. */
const untold = (['netlify', 'azure', 'lambda'] as const).flatMap((target) => {
  const { note = '', source } = LIMITS[target].disconnect;
  const reason = `the function is not told that its client has left (${note})`;
  return Object.values(LEAVES).map((name) => ({ target, case: name, reason, symptom: STILL_READ, source }));
});

/** Every exception. The suite runs the case all the same: one that passes, or is no case any more, fails as stale. */
export const EXCEPTIONS: readonly PlatformException[] = [
  ...untold,
  {
    target: 'deno',
    case: LEAVES.early,
    reason:
      'where Deno did not read a request in one piece, it looks at the connection only when it writes: a stream is noticed',
    symptom: STILL_READ,
    source:
      'measured with Deno 2.9.5: a POST of 400 bytes in one packet is noticed, one of 5000, or in two packets, is not',
  },
  {
    target: 'cloudflare',
    case: LEAVES.early,
    reason:
      'workerd on this machine looks only when it writes, so a stream is noticed; deployed, request.signal is to fire at once (`enable_request_signal`)',
    symptom: STILL_READ,
    source: 'measured with wrangler 4.155.0 and with its workerd (2026-10-23) alone',
  },
  {
    target: 'cloudflare',
    case: 'runtime_info reports the version that the binary itself reports',
    reason: 'workerd tells a Worker no version; runtime_info says "unversioned"',
    symptom: /^expected 'workerd unversioned' to be/,
    source: 'https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent',
  },
  {
    target: 'cloudflare',
    case: 'SIGTERM lets a running request finish, then ends the process with exit code 0',
    reason:
      '`wrangler dev` ends at once and with code 143; deployed, there is no process to end: a new version lets running requests finish',
    symptom: /^fetch failed$/,
    source: 'measured with wrangler 4.155.0: connection closed 10 ms after the signal',
  },
  {
    target: 'cloudflare',
    case: 'the log is JSON lines with a level and a message',
    reason: '`wrangler dev` puts a mark of its own before each line; deployed, Workers Logs takes each line as it is',
    symptom: /is not valid JSON$/,
    source: 'measured with wrangler 4.155.0: "✘ [ERROR] {…}"',
  },
];
