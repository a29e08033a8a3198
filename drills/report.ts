import { renameSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { readHistory } from "./history";
import { reportPage } from "./page";

/**
 * Makes the page of all drills from the records in `folder`, in place of an earlier page.
 * @returns the page's path
 * @throws when the folder cannot be read or written to
 */
export function writeReport(folder: string): string {
    const page = join(folder, "report.html");
    mkdirSync(folder, { recursive: true });
    // A browser that reloads meanwhile sees the old page or the new one, never half of it.
    writeFileSync(`${page}.new`, reportPage(readHistory(folder)));
    renameSync(`${page}.new`, page);
    return page;
}
