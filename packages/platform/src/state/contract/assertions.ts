import type { KeyValueStore } from '../store.ts';

/** How long an eventually consistent store may take to show a write (Workers KV: a minute, where it is not local). */
const PATIENCE_MS = 90_000;

/** Values of many sizes, each of one repeated character, so that a mix of two is seen. */
export function patterns(): string[] {
  return [1, 20_000, 70_000, 200 * 1024, 140_000, 200 * 1024, 5, 100_000].map((bytes, index) =>
    filled('ab日de語gh'.charAt(index), bytes),
  );
}

/** Fails where `value` is not one of {@link patterns}. */
export function whole(value: string | undefined): void {
  if (value === undefined) return;
  if (!patterns().includes(value)) {
    fail('a value as one writer wrote it', `${value.length} characters of ${[...new Set(value)].join(' and ')}`);
  }
}

/** A key that nobody has used. */
export function newKey(): string {
  return `contract/${crypto.randomUUID()}`;
}

/** `character` repeated to as many bytes of UTF-8 as asked for, with ASCII for what is left over. */
export function filled(character: string, bytes: number): string {
  const size = new TextEncoder().encode(character).length;
  return character.repeat(Math.floor(bytes / size)) + 'x'.repeat(bytes % size);
}

/** Waits until the real clock has passed a moment, in milliseconds since the epoch. */
export async function reached(moment: number): Promise<void> {
  while (Date.now() <= moment) await new Promise((resolve) => setTimeout(resolve, moment - Date.now() + 1));
}

/** A strong store shows the value at once, an eventual one at last. */
export async function holds(store: KeyValueStore, key: string, expected: string | undefined): Promise<void> {
  const deadline = Date.now() + (store.consistency === 'strong' ? 0 : PATIENCE_MS);
  let actual = await store.get(key);
  while (actual !== expected && Date.now() < deadline) {
    await reached(Date.now() + 250);
    actual = await store.get(key);
  }
  equal(actual, expected, `the value of ${shown(key)}`);
}

/** Fails where the two differ; `what` says what they are. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) fail(`${what} to be ${shown(expected)}`, shown(actual));
}

/** Fails where a number is less than expected. */
export function atLeast(actual: number, expected: number, what: string): void {
  if (actual < expected) fail(`${what} to be at least ${expected}`, String(actual));
}

/** Fails unless the operation rejects with an error of this class. */
export async function rejects(
  operation: () => Promise<unknown>,
  expected: abstract new (...parameters: never[]) => Error,
  what: string,
): Promise<void> {
  let result: unknown;
  try {
    result = await operation();
  } catch (error) {
    if (error instanceof expected) return;
    throw new Error(`Expected ${what} to be refused with ${expected.name}; got ${String(error)}`, { cause: error });
  }
  fail(`${what} to be refused with ${expected.name}`, shown(result));
}

function fail(expected: string, actual: string): never {
  throw new Error(`Expected ${expected}; got ${actual}.`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 100)}… (${text.length} characters)` : text;
}
