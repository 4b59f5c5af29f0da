import { InvalidKey, InvalidValue, MAX_KEY_BYTES, MAX_TTL_SECONDS, ValueTooLarge } from './store.ts';

const encoder = new TextEncoder();

// A UTF-16 code unit becomes at most three bytes of UTF-8 (a surrogate pair becomes four, two for each unit), and at
// least one. Nearly every string is decided by its length alone, without encoding it.
const MAX_BYTES_PER_UNIT = 3;

/** @throws {InvalidKey} */
export function checkKey(key: string): void {
  if (key.length === 0) throw new InvalidKey(`A state key must not be empty: give it 1 to ${MAX_KEY_BYTES} bytes.`);
  if (!key.isWellFormed()) {
    throw new InvalidKey(`The state key ${JSON.stringify(key)} holds a lone surrogate: it has no UTF-8.`);
  }
  if (isLonger(key, MAX_KEY_BYTES)) {
    throw new InvalidKey(
      `A state key takes at most ${MAX_KEY_BYTES} bytes of UTF-8; "${key.slice(0, 40)}…" is longer.`,
    );
  }
}

/** @throws {InvalidValue | ValueTooLarge} */
export function checkValue(key: string, value: string, maxValueBytes: number): void {
  if (isLonger(value, maxValueBytes)) {
    throw new ValueTooLarge(
      `The value for "${key}" is larger than the ${maxValueBytes} bytes of UTF-8 that this store takes. Split it over several keys.`,
    );
  }
  if (!value.isWellFormed()) throw new InvalidValue(`The value for "${key}" holds a lone surrogate: it has no UTF-8.`);
}

/** @throws {RangeError} */
export function checkTtl(ttlSeconds: number): void {
  // Written so that NaN, for which every comparison is false, is refused.
  if (!(ttlSeconds > 0 && ttlSeconds <= MAX_TTL_SECONDS)) {
    throw new RangeError(
      `A time to live is a number of seconds greater than 0 and at most ${MAX_TTL_SECONDS}; got ${ttlSeconds}.`,
    );
  }
}

function isLonger(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return false;
  return encoder.encode(text).length > maxBytes;
}
