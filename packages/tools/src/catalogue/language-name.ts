/**
 * The English name of a language.
 *
 * @example
 * languageName('grc'); // 'Ancient Greek'
 */
export function languageName(code: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
}
