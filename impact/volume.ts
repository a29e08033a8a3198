import type { Impact, Inputs, Step } from "./step";

const units: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1024 ** 2 };

/**
 * A volume as the program describes it: only here size and drive stand by themselves. Of a component Pulumi's own engine tells that it
 * changed and never what, so that its values are compared; the bundled one tells the paths, and of the values only those.
 */
export function volumeImpact({ op, diffs, before, after }: Step): Impact {
    const parts: Impact = { label: "nothing", why: "its steps are listed by themselves" };
    if (op !== "update" && op !== "replace") {
        return parts;
    }
    const [had, has] = [volumeOf(before), volumeOf(after)];
    const isTold = diffs.some((path) => path !== "volume");
    const changed = (key: string) =>
        diffs.includes(`volume.${key}`) ||
        had[key] !== has[key] ||
        // It may have been another one.
        (!isTold && had[key] === undefined);
    if (changed("drive")) {
        return refused("another drive for data that is there", "with the new drive");
    }
    if (changed("size") && !grows(had["size"], has["size"])) {
        return refused(
            "a volume does not shrink",
            "with the new size, the old image on the drive moved away before",
        );
    }
    return changed("onDestroy")
        ? { label: "nothing", why: "decides what the next destroy does" }
        : parts;
}

function refused(what: string, again: string): Impact {
    return {
        label: "data at risk",
        why: `${what}: the Pi refuses it and changes nothing. Take the node out of rekindle:nodes, \`up\` (its data goes back to the card, with onDestroy: restore), and put it back ${again}`,
    };
}

/** Whether a size is known to be no smaller than before. */
function grows(before: unknown, after: unknown): boolean {
    return mebibytes(after) >= mebibytes(before);
}

/** NaN for what is no size: then nothing is known to grow. */
function mebibytes(size: unknown): number {
    const [, count, unit = ""] =
        /^(\d+)(MiB|GiB|TiB)$/.exec(typeof size === "string" ? size : "") ?? [];
    return Number(count) * (units[unit] ?? NaN);
}

function volumeOf(inputs: Inputs | undefined): Inputs {
    const volume = inputs?.["volume"];
    return typeof volume === "object" && volume !== null ? (volume as Inputs) : {};
}
