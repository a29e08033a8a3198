/**
 * Writes a text as one word of a command line of a POSIX shell: in single quotes, in which such a shell reads nothing but their end.
 * A text of letters that mean themselves stays as it is: a command that changed would run again.
 */
export function shellWord(text: string): string {
    return /^[A-Za-z0-9._/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
