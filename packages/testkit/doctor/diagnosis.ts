import { TARGETS, type Target } from '@mcp-everywhere/platform';
import { type Verdict, verdictOn } from '@mcp-everywhere/platform/limits';
import type { Surface } from '@mcp-everywhere/tools';
import { markdownTable } from 'markdown-table';
import { configuresWallTime, deployedWallTime } from '../src/deployed/wall-times.ts';

/** What is said of one tool on one target. */
export interface Finding {
  readonly tool: string;
  readonly target: Target;
  readonly verdict: Verdict;
  /** Whether the tool is a job, which need not run inline. */
  readonly isJob: boolean;
}

/**
 * Holds what every tool of a surface declares it needs against what every target allows it, as the apps are configured.
 *
 * @returns one finding a tool and target, tool by tool
 */
export async function diagnose(surface: Pick<Surface, 'tools'>): Promise<Finding[]> {
  const configured = TARGETS.filter(configuresWallTime);
  const wallTimes = new Map<Target, number>(
    await Promise.all(configured.map(async (target) => [target, await deployedWallTime(target)] as const)),
  );
  return surface.tools.flatMap(({ name, requires, job }) =>
    TARGETS.map((target) => ({
      tool: name,
      target,
      verdict: verdictOn(target, requires.seconds ?? 0, wallTimes.get(target)),
      isJob: job !== undefined,
    })),
  );
}

/** The matrix tool x target, as a table in Markdown. */
export function matrix(findings: readonly Finding[]): string {
  const tools = [...new Set(findings.map(({ tool }) => tool))];
  const rows = tools.map((tool) => [
    tool,
    ...TARGETS.map((target) => findings.find((f) => f.tool === tool && f.target === target)?.verdict.runs ?? ''),
  ]);
  return markdownTable([['tool', ...TARGETS], ...rows]);
}

/** What keeps tools from being answered on targets, one line each: a tool that has to be a job, and is none, counts. */
export function problems(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ tool, target, verdict, isJob }) =>
    verdict.runs === 'inline' || (verdict.runs === 'as a job' && isJob)
      ? []
      : [`${tool} on ${target}: ${verdict.runs}; it ${verdict.because}.`],
  );
}
