/** The parts of a comma-separated list, without the space around them and without empty ones. */
export function commaSeparated(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
