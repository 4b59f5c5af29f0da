import { describe, expect } from 'vitest';
import { laneCase } from './case.ts';
import { type Lane, SECRET } from './lane.ts';
import { STACK_TRACE } from './refusal.ts';

/** What must be in no answer of all that the lane received, and how the log is written. */
export function discretion(lane: Lane): void {
  const { app } = lane;
  describe('what goes out', () => {
    laneCase(app.name, 'no answer held a stack trace, a secret or a path of the machine', async () => {
      const answers = await lane.recorder.answers();
      expect(answers.length).toBeGreaterThan(100);
      for (const answer of answers) {
        expect(answer).not.toMatch(STACK_TRACE);
        expect(answer).not.toContain(SECRET);
        expect(answer).not.toContain(process.cwd());
      }
    });

    laneCase(app.name, 'the log is JSON lines with a level and a message', async () => {
      const lines = logLines(lane);
      expect(lines).not.toEqual([]);
      for (const line of lines) {
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.any(String) });
      }
    });

    laneCase(app.name, 'no output of the process holds a secret', async () => {
      expect(lane.open.output()).not.toContain(SECRET);
      expect(lane.guarded.output()).not.toContain(SECRET);
    });
  });
}

/** What the server wrote to its log, without what the runtime says on its own account. */
function logLines({ app, open }: Lane): string[] {
  return open
    .log()
    .split('\n')
    .filter((line) => line.trim() !== '' && !app.runtimeNotice?.test(line));
}
