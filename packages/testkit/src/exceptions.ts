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

/** Every exception. The suite runs the case all the same: one that passes, or is no case any more, fails as stale. */
export const EXCEPTIONS: readonly PlatformException[] = [
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
