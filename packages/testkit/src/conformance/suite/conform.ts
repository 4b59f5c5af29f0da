import { runSuite } from './run-suite.ts';
import type { Subject } from './subject.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** Starts a subject, and runs the suite against it, once for each of its revisions. */
export async function conform(subject: Subject): Promise<Verdict[]> {
  const served = await subject.start();
  try {
    const verdicts: Verdict[] = [];
    for (const revision of subject.revisions) {
      verdicts.push(await verdictOn(subject, revision, await runSuite(`${served.url}/mcp`, revision)));
    }
    return verdicts;
  } finally {
    await served.stop();
  }
}
