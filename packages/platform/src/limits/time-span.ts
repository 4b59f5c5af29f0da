/**
 * .NET's notation, as far as host.json is written in it. An hour above 23 is none: .NET reads 24:00:00 as 24 days
 * (https://learn.microsoft.com/dotnet/fundamentals/runtime-libraries/system-timespan-parse).
 */
const TIME_SPAN = /^(?:(\d{1,8})\.)?([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d)$/;

/** What to give where {@link readTimeSpan} finds no time-out. */
export const TIME_SPAN_RULE = 'give hh:mm:ss or d.hh:mm:ss, more than zero, or -1 for no limit';

/**
 * Reads a time-out of Azure Functions.
 *
 * @returns milliseconds, `Infinity` for -1, or `undefined` where it is none
 *
 * @example
 * readTimeSpan('00:10:00'); // 600_000
 * readTimeSpan('1.00:00:00'); // 86_400_000
 */
export function readTimeSpan(text: string): number | undefined {
  if (text === '-1') return Number.POSITIVE_INFINITY;
  const parts = TIME_SPAN.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 || undefined;
}
