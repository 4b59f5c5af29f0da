import type { ParamHeader } from '../surface/param-headers.ts';
import { isObject } from './plain-request.ts';
import type { Refusal } from './rpc-error.ts';

const HEADER_MISMATCH = -32_020;
const ENCODED = /^=\?base64\?(?<base64>.*)\?=$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/**
 * Holds the headers that mirror arguments to the arguments: what is in the body has to be in its header, and the same. A
 * header whose argument is not in the body is not looked at.
 *
 * @returns what is refused, 400 and -32020; `undefined` where all agree
 */
export function paramHeaderMismatch(
  mirrored: readonly ParamHeader[],
  args: unknown,
  headers: Headers,
): Refusal | undefined {
  for (const { header, path, type } of mirrored) {
    const argument = path.reduce((value: unknown, field) => (isObject(value) ? value[field] : undefined), args);
    if (argument === undefined || argument === null) continue;
    const sent = headers.get(header);
    if (sent === null) return mismatch(header, path, 'is missing');
    const decoded = decode(sent);
    if (decoded === undefined) return mismatch(header, path, 'is not valid Base64 of UTF-8');
    if (!isSame(decoded, argument, type)) return mismatch(header, path, 'says something else');
  }
  return undefined;
}

function isSame(decoded: string, argument: unknown, type: ParamHeader['type']): boolean {
  return type === 'integer' && DECIMAL.test(decoded) ? Number(decoded) === argument : decoded === String(argument);
}

/** What is not plain ASCII comes in Base64, and says so. */
function decode(sent: string): string | undefined {
  const base64 = ENCODED.exec(sent)?.groups?.base64;
  if (base64 === undefined) return sent;
  try {
    const bytes = atob(base64);
    // `atob` takes padding that is missing, and spaces.
    if (btoa(bytes) !== base64) return undefined;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
}

function mismatch(header: string, path: readonly string[], how: string): Refusal {
  const body = `the argument ${path.join('.')} is in the body, and its header ${header} ${how}`;
  return {
    status: 400,
    code: HEADER_MISMATCH,
    message: `Bad Request: the request headers and body disagree: ${body}`,
    data: { mismatch: { header, body } },
  };
}
