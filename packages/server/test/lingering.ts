import { defineTool } from '@mcp-everywhere/tools';
import * as z from 'zod';

/** A tool that goes on until it is told to stop, or let go. */
export function lingering() {
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const tool = defineTool({
    name: 'linger',
    title: 'Linger',
    description: 'Goes on until it is told to stop.',
    input: z.object({}),
    output: z.object({}),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run(_args, ctx) {
      await ctx.progress(1, 2);
      started.resolve();
      ctx.signal.addEventListener('abort', () => stopped.resolve());
      await Promise.race([stopped.promise, release.promise]);
      return {};
    },
  });
  return { tool, started: started.promise, stopped: stopped.promise, release: release.resolve };
}
