/** The eight places a server is deployed to. A target is a platform, not a runtime: four of them run Node. */
export const TARGETS = ['node', 'bun', 'deno', 'cloudflare', 'netlify', 'azure', 'lambda', 'vercel'] as const;

export type Target = (typeof TARGETS)[number];

/** The JavaScript engine that answers, as it names itself. */
export interface Runtime {
  readonly name: 'node' | 'bun' | 'deno' | 'workerd';
  /** As the runtime reports it, e.g. `24.21.0`; workerd reports none: `unversioned`. */
  readonly version: string;
}
