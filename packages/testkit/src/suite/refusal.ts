import { isSpecType } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import { messageOf } from '../clients/wire.ts';

/** What a refusal must be. */
export interface ExpectedRefusal {
  readonly status: number;
  readonly code: number;
  /** The request's own id; leave it out where the server could not have read one. */
  readonly id?: string | number;
  readonly message: RegExp;
}

/** A line of a stack trace, or a place in a source file. */
export const STACK_TRACE = /(\n|\\n)\s*at \S|\.[cm]?[jt]s:\d+:\d+/;

/** Expects a specific JSON-RPC error that is valid by the specification's schema, and nothing of the server's inside. */
export async function expectRefusal(response: Response, expected: ExpectedRefusal): Promise<void> {
  expectRefusalBody(response.status, await response.text(), expected);
  // The legacy era answers what was accepted as a stream.
  if (expected.status >= 400) expect(response.headers.get('content-type')).toMatch(/^application\/json/);
}

/** The same for an answer that came by other means than `fetch`. */
export function expectRefusalBody(
  status: number,
  body: string,
  { status: wanted, code, id, message }: ExpectedRefusal,
): void {
  const answer = messageOf(body);
  expect({ status, answer }).toEqual({
    status: wanted,
    answer: {
      jsonrpc: '2.0',
      // The schema allows an error without an id, and none with `null`.
      ...(id !== undefined && { id }),
      error: expect.objectContaining({ code, message: expect.stringMatching(message) }),
    },
  });
  expect(isSpecType.JSONRPCErrorResponse(answer)).toBe(true);
  expect(body).not.toMatch(STACK_TRACE);
}
