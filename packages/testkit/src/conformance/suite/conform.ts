import { runSuite } from './run-suite.ts';
import type { Subject } from './subject.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** Starts a subject, and runs the suite against it: for all of its revisions at once, as the suite waits most of its time. */
export async function conform(subject: Subject): Promise<Verdict[]> {
  const served = await subject.start();
  try {
    const url = `${served.url}/mcp`;
    return await Promise.all(
      subject.revisions.map(async (revision) => verdictOn(subject, revision, await runSuite(url, revision))),
    );
  } finally {
    await served.stop();
  }
}
