/** The key's UTF-8 as hexadecimal digits, twice as many as bytes: fit for engines that forbid characters or fold case. */
export function hexKey(key: string): string {
  return Array.from(new TextEncoder().encode(key), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
