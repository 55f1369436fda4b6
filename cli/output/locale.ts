/** Whether the terminal's text is UTF-8, as the locale has it (locale(7)); without one it is plain ASCII. */
export function isUtf8Locale(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG'].map((name) => environment[name] ?? '').find((value) => value !== '');
  return /utf-?8/i.test(locale ?? '');
}
