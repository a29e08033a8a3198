import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { groups, type Group } from "./groups";

/** A group and the files of it that shall run. */
export interface Chosen {
    readonly group: Group;
    readonly files: readonly string[];
}

/**
 * Finds the groups and files that a command line asks for.
 * @param wanted a group's name, or `all` or `quick`
 * @param names the files of one group, by number (`3`) or name (`3-faults`) @default all of them
 * @throws with what there is when there is no such group or file
 */
export function choose(wanted: string, names: readonly string[] = []): readonly Chosen[] {
    const sets: Readonly<Record<string, readonly Group[]>> = {
        all: groups,
        quick: groups.filter(({ quick }) => quick === true),
        ...Object.fromEntries(groups.map((group) => [group.name, [group]])),
    };
    const chosen = sets[wanted];
    if (chosen === undefined) {
        const known = Object.keys(sets);
        throw new Error(
            `There is no group of tests named "${wanted}". ${slip(wanted, known)}Use one of: ${known.join(", ")}.`,
        );
    }
    const [group] = chosen;
    if (names.length > 0 && (chosen.length !== 1 || group === undefined)) {
        throw new Error(
            `Files are chosen from one group, and "${wanted}" is more than one: for example \`npm test -- lab ${names.join(" ")}\`.`,
        );
    }
    return chosen.map((each) => ({ group: each, files: filesOf(each, names) }));
}

function filesOf(group: Group, names: readonly string[]): readonly string[] {
    const files = testFiles(group.folder);
    const picked = names.flatMap((name) => filesNamed(group, files, name));
    return names.length === 0 ? files : files.filter((file) => picked.includes(file));
}

function testFiles(folder: string): string[] {
    return readdirSync(folder)
        .filter((file) => file.endsWith(".test.ts"))
        .sort()
        .map((file) => join(folder, file));
}

function filesNamed(group: Group, files: readonly string[], name: string): readonly string[] {
    const wanted = stem(name);
    const same = files.filter((file) => stem(file) === wanted);
    // `2` is every file whose name begins with `2-`.
    const found =
        same.length > 0 ? same : files.filter((file) => stem(file).startsWith(`${wanted}-`));
    if (found.length === 0) {
        const known = files.map(stem);
        throw new Error(
            `The group ${group.name} has no test file named "${name}". ${slip(wanted, known)}It has: ${known.join(", ")}.`,
        );
    }
    return found;
}

/** Returns the name of a test file without folder and endings. */
export function stem(file: string): string {
    return basename(file).replace(/\.test\.ts$/, "");
}

/** Asks whether another name was meant, when a known one is near enough. */
function slip(wanted: string, known: readonly string[]): string {
    const near = closest(wanted, [...known]);
    return distance(wanted, near) <= 2 ? `Did you mean "${near}"? ` : "";
}
