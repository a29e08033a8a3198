import { renameSync, writeFileSync } from "node:fs";

/**
 * Writes a value as JSON that only this user reads, whole or not at all: a kill leaves what was there before.
 * @param file nothing is written when there is none
 */
export function writeKept(file: string | undefined, value: unknown): void {
    if (file !== undefined) {
        writeFileSync(`${file}.new`, JSON.stringify(value, null, 2), { mode: 0o600 });
        renameSync(`${file}.new`, file);
    }
}
