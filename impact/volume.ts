import type { Impact, Inputs, Step } from "./step";

const units: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1024 ** 2 };

/** A volume as the program describes it: only here size and drive stand by themselves. */
export function volumeImpact({ diffs, before, after }: Step): Impact {
    const [had, has] = [volumeOf(before), volumeOf(after)];
    const changed = (key: string) =>
        diffs.some((path) => path === "volume" || path === `volume.${key}`);
    if (changed("drive")) {
        return {
            label: "data at risk",
            why: "another drive for data that is there: the Pi refuses it and changes nothing. Take the node's volume out, `up`, and put it back with the new drive",
        };
    }
    if (changed("size") && !grows(had["size"], has["size"])) {
        return {
            label: "data at risk",
            why: "a volume does not shrink: the Pi refuses it and changes nothing. Take the node's volume out, `up`, and put it back with the new size",
        };
    }
    if (changed("onDestroy")) {
        return { label: "nothing", why: "decides what the next destroy does" };
    }
    return { label: "nothing", why: "its steps are listed by themselves" };
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
