const EVERY_MS = 60_000;

/** Passes errors on, those of the same words once a minute: what is tried again every second fails alike each time. */
export function seldom(report: (error: Error) => void): (error: unknown) => void {
  const reportedAt = new Map<string, number>();
  return (thrown) => {
    const error =
      thrown instanceof Error ? thrown : new Error('Something was thrown that is no error.', { cause: thrown });
    const now = Date.now();
    for (const [words, at] of reportedAt) if (at + EVERY_MS <= now) reportedAt.delete(words);
    if (reportedAt.has(error.message)) return;
    reportedAt.set(error.message, now);
    report(error);
  };
}
