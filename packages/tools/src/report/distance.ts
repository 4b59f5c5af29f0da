/**
 * How many characters have to be put in, taken out or exchanged to make one text of the other (Levenshtein), as a share of
 * the longer text: 0 for the same text, 1 where nothing is left of it.
 */
export function distance(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 0;
  let previous = Uint16Array.from({ length: b.length + 1 }, (_, index) => index);
  let current = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i += 1) {
    current[0] = i;
    const code = a.charCodeAt(i - 1);
    for (let j = 1; j <= b.length; j += 1) {
      const exchanged = (previous[j - 1] ?? 0) + (code === b.charCodeAt(j - 1) ? 0 : 1);
      const shorter = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
      current[j] = Math.min(exchanged, shorter);
    }
    [previous, current] = [current, previous];
  }
  return (previous[b.length] ?? 0) / longer;
}
