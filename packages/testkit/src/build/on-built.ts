import type { Plugin } from 'esbuild';

/** Has something done after every build that succeeded. */
export function onBuilt(done: () => void | Promise<void>): Plugin {
  return {
    name: 'on-built',
    setup: (build) =>
      build.onEnd(async ({ errors }) => {
        if (errors.length === 0) await done();
      }),
  };
}
