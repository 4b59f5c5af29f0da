import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { EnvironmentError, isSet, readEnvironment, textBindings } from '../src/env/environment.ts';
import { originOf, readProcessSettings } from '../src/process/settings.ts';

const needs = [
  { neededBy: 'the server', variables: z.object({ PORT: z.coerce.number().default(8080) }) },
  { neededBy: 'tool "search_issues"', variables: z.object({ GITHUB_TOKEN: z.string().min(20) }) },
] as const;

const TOKEN = 'ghp_0123456789abcdef0123';

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnvironment(needs, source, 'cloudflare');
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

describe('the environment', () => {
  test('gives each need its own values, parsed', () => {
    const [server, tool] = readEnvironment(needs, { PORT: '81', GITHUB_TOKEN: TOKEN, OTHER: 'x' }, 'node');
    expect(server.PORT + 1).toBe(82);
    expect(tool).toEqual({ GITHUB_TOKEN: TOKEN });
  });

  test('that lacks a variable says which, who needs it, and how to set it on this target', () => {
    expect(problemsOf({})).toEqual([
      'Missing environment variable GITHUB_TOKEN: tool "search_issues" needs it. ' +
        'On Cloudflare: wrangler secret put GITHUB_TOKEN; locally: put it into .dev.vars',
    ]);
  });

  test('names every problem at once, and no value', () => {
    const problems = problemsOf({ PORT: 'eighty', GITHUB_TOKEN: 'hunter2' });
    expect(problems).toHaveLength(2);
    expect(problems.join()).toContain('Invalid environment variable PORT: the server refuses it');
    expect(problems.join()).not.toMatch(/eighty|hunter2/);
  });

  test('takes an empty variable for one that is not set', () => {
    expect(isSet({ A: '', B: 'b' }, 'A')).toBe(false);
    expect(problemsOf({ GITHUB_TOKEN: '' })[0]).toMatch(/^Missing/);
  });

  test('of a Worker is what among its bindings is text', () => {
    expect(textBindings({ TOKEN: 'x', SIZE: 2, STATE: { get() {} } })).toEqual({ TOKEN: 'x', SIZE: '2' });
  });
});

describe('the settings of a process', () => {
  const read = (source: Record<string, string>) => readProcessSettings(source, 'node', '.state/x');

  test('are loopback and port 8080 where nothing is set', () => {
    expect(read({})).toEqual({ host: '127.0.0.1', port: 8080, statePath: '.state/x', loopback: true });
  });

  test('take MCP_PORT before PORT', () => {
    expect(read({ PORT: '1000' }).port).toBe(1000);
    expect(read({ PORT: '1000', MCP_PORT: '2000' }).port).toBe(2000);
  });

  test('know a bind that others can reach', () => {
    expect(read({ HOST: '0.0.0.0' }).loopback).toBe(false);
    expect(read({ HOST: '::1' }).loopback).toBe(true);
    expect(read({ HOST: '127.0.0.1.example.org' }).loopback).toBe(false);
  });

  test.each(['-1', '65536', '80.5', 'http'])('refuse the port %s', (port) => {
    expect(() => read({ PORT: port })).toThrow(/Invalid environment variable PORT/);
  });

  test('say how long a request may run, where something in front of the process ends it', () => {
    expect(read({ WALL_TIME_SECONDS: '115' }).wallTimeMs).toBe(115_000);
  });

  test.each(['0', '-1', '1.5', '2m'])('refuse the wall time %s', (seconds) => {
    expect(() => read({ WALL_TIME_SECONDS: seconds })).toThrow(/Invalid environment variable WALL_TIME_SECONDS/);
  });

  test('name the URL, an IPv6 address in brackets', () => {
    expect([originOf('127.0.0.1', 80), originOf('::1', 81)]).toEqual(['http://127.0.0.1:80', 'http://[::1]:81']);
  });
});
