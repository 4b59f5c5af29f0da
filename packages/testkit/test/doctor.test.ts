import { defineTool, type Tool } from '@mcp-everywhere/tools';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { diagnose, matrix, problems } from '../doctor/diagnosis.ts';

const lasting = (seconds: number): Tool =>
  defineTool({
    name: `lasts_${seconds}_s`,
    title: 'Lasts',
    description: 'Takes its time.',
    input: z.object({}),
    output: z.object({}),
    annotations: { readOnlyHint: true, openWorldHint: false },
    requires: { seconds },
    run: () => ({}),
  });

describe('the doctor', () => {
  it('lets a job be one where it is too long for a request', async () => {
    const findings = await diagnose({ tools: catalogueSurface.tools.filter(({ name }) => name === 'start_report') });
    expect(matrix(findings)).toContain('as a job');
    expect(problems(findings)).toEqual([]);
  });

  it('finds every shipped tool fit for every target', async () => {
    const findings = await diagnose(catalogueSurface);
    expect(findings.length).toBe(catalogueSurface.tools.length * 8);
    expect(problems(findings)).toEqual([]);
  });

  it('says where a tool has to be a job, and where it cannot even be one', async () => {
    const findings = await diagnose({ tools: [lasting(1), lasting(120), lasting(3600)] });
    const table = matrix(findings);
    expect(table).toMatch(/lasts_1_s +(\| inline +){8}\|/);
    expect(problems(findings)).toContain(
      'lasts_120_s on lambda: as a job; it needs 120 s: AWS Lambda behind a function URL ends a request after 30 s.',
    );
    expect(problems(findings)).toContain(
      'lasts_3600_s on lambda: nowhere; it needs 3600 s: AWS Lambda behind a function URL ends a request after 30 s, and a job runs for at most 900 s.',
    );
    expect(problems(findings).some((problem) => problem.includes(' on node: '))).toBe(false);
  });
});
