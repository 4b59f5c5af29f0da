import { TARGETS, type Target } from '@mcp-everywhere/platform';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import type { Surface } from '@mcp-everywhere/tools';
import { markdownTable } from 'markdown-table';
import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import { diagnose, matrix, problems } from '../doctor/diagnosis.ts';
import type { App } from '../src/apps/app.ts';
import { azureApp } from '../src/apps/azure.ts';
import { bunApp } from '../src/apps/bun.ts';
import { cloudflareApp } from '../src/apps/cloudflare.ts';
import { denoApp } from '../src/apps/deno.ts';
import { lambdaApp } from '../src/apps/lambda.ts';
import { netlifyApp } from '../src/apps/netlify.ts';
import { nodeApp } from '../src/apps/node.ts';
import { vercelApp } from '../src/apps/vercel.ts';
import { configuresWallTime, deployedWallTime } from '../src/deployed/wall-times.ts';
import { EXCEPTIONS } from '../src/exceptions.ts';

const APPS: readonly App[] = [nodeApp, bunApp, denoApp, cloudflareApp, netlifyApp, azureApp, lambdaApp, vercelApp];

type Row = (typeof LIMITS)[Target];
type FigureName = { [Name in keyof Row]: Row[Name] extends { readonly maximum: unknown } ? Name : never }[keyof Row];
type Figure = Row[FigureName];

const milliseconds = (ms: number) => (ms === 0 ? 'no time' : prettyMilliseconds(ms));

/** The figures of the table, with their headings. */
const FIGURES: readonly (readonly [heading: string, name: FigureName, format: (value: number) => string])[] = [
  ['a request', 'wallTimeMs', milliseconds],
  ['CPU', 'cpuTimeMs', milliseconds],
  ['a stream', 'streamMs', milliseconds],
  ['silence', 'idleMs', milliseconds],
  ['after the answer', 'backgroundMs', milliseconds],
  ['a job', 'jobMs', milliseconds],
  ['body in', 'requestBodyBytes', prettyBytes],
  ['body out', 'responseBodyBytes', prettyBytes],
  ['memory', 'memoryMiB', (mib) => `${mib} MiB`],
];

/** The page on what each target allows and cannot do, in Markdown: all of it from what the code and the tests read. */
export async function targetsPage(surface: Pick<Surface, 'tools'>): Promise<string> {
  const findings = await diagnose(surface);
  return `${[
    '<!-- Written by `npx -y pnpm@12.18.0 run docs`. -->',
    '# What each target allows',
    `What holds without doing anything on the cheapest plan; in brackets what can be had. "none": the platform sets no
limit. Every figure has its source in [limits.ts](../packages/platform/src/limits/limits.ts), from which the server takes
the time it leaves a tool.`,
    limitsTable(),
    '## As the apps are deployed',
    await deployedTable(),
    '## How a client that leaves is noticed',
    table(
      ['target', 'by', ''],
      TARGETS.map((target) => [target, LIMITS[target].disconnect.seenAs, LIMITS[target].disconnect.note ?? '']),
    ),
    '## How long a client may listen',
    'A stream of `subscriptions/listen`. Where the platform ends one, the server ends it before, with an\nanswer, and the client listens again. Where the platform cannot hold one, it is not advertised: a client asks again instead.',
    table(
      ['target', 'for', 'because'],
      TARGETS.map((target) => [target, listeningTime(target), LIMITS[target].listening.because]),
    ),
    '## Where HTTP+SSE can be served',
    'The transport of 2024-11-05, turned on by `MCP_HTTP_SSE=on`, until [2027-07-28](decisions/0013-http-sse.md). Where it cannot\nbe served, the server does not start with it.',
    table(
      ['target', 'served', 'because'],
      TARGETS.map((target) => [target, LIMITS[target].httpSse.served, LIMITS[target].httpSse.because]),
    ),
    '## How jobs are delivered',
    'A lane holds each app to what is said here. Where a deployment lacks the queue, a job is worked on while somebody asks for it.',
    table(
      ['target', 'by'],
      APPS.map(({ name, queue }) => [name, queue]),
    ),
    '## Which tool runs where',
    'As `npx -y pnpm@12.18.0 run doctor` prints it.',
    matrix(findings),
    ...problems(findings),
    '## What a target cannot do',
    'Cases of the end-to-end suite that must fail on a target, because its platform makes them. Everything else passes.',
    table(
      ['target', 'case', 'because', 'source'],
      EXCEPTIONS.map((exception) => [exception.target, exception.case, exception.reason, exception.source]),
    ),
  ].join('\n\n')}\n`;
}

function limitsTable(): string {
  return table(
    ['target', ...FIGURES.map(([heading]) => heading)],
    TARGETS.map((target) => [target, ...FIGURES.map(([, name, format]) => cell(LIMITS[target][name], format))]),
  );
}

function cell({ default: usual, maximum }: Figure, format: (value: number) => string): string {
  const text = (limit: Figure['default']) => (typeof limit === 'number' ? format(limit) : limit);
  return maximum === usual ? text(usual) : `${text(usual)} (${text(maximum)})`;
}

function listeningTime(target: Target): string {
  const { listening } = LIMITS[target];
  return listening.held === 'for a while' ? `at most ${milliseconds(listening.atMostMs)}` : listening.held;
}

async function deployedTable(): Promise<string> {
  const rows = await Promise.all(
    TARGETS.filter(configuresWallTime).map(async (target) => [target, milliseconds(await deployedWallTime(target))]),
  );
  return table(['target', 'a request'], rows);
}

/** A cell is one line, and a bar in it is no border. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([headings, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|'))));
}
