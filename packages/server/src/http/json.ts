/** The value, or `undefined` where the text is not JSON (which `undefined` never is). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
