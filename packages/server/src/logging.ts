import { configureSync, getConsoleSink, getJsonLinesFormatter, getLogger } from '@logtape/logtape';
import type { Logger } from '@mcp-everywhere/tools';
import type { ServerVariables } from './config.ts';

const CATEGORY = 'mcp-everywhere';

/**
 * Sends the log to the console as JSON lines, one event a line. On a process that means standard error, whatever the
 * level: standard output belongs to the stdio transport.
 */
export function configureLogging(level: ServerVariables['LOG_LEVEL']): void {
  configureSync({
    reset: true,
    sinks: {
      console: getConsoleSink({
        formatter: getJsonLinesFormatter({ properties: 'flatten' }),
        levelMap: { trace: 'error', debug: 'error', info: 'error', warning: 'error', error: 'error', fatal: 'error' },
      }),
    },
    loggers: [
      { category: CATEGORY, lowestLevel: level, sinks: ['console'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['console'] },
    ],
  });
}

/** A logger of one part of the server; `fields` go with every event of it. */
export function loggerOf(part: string, fields: Record<string, unknown> = {}): Logger {
  return getLogger([CATEGORY, part]).with(fields);
}
