import { nameOf, type Impact, type Inputs, type Step } from "./step";

const units: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1024 ** 2 };

/**
 * Judges a volume as the program describes it: only the component has size and drive as values of their own. Pulumi reports that a
 * component changed and not always what, so its values are compared.
 */
export function volumeImpact({ op, urn, diffs, before, after }: Step): Impact {
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
        return anew("another drive for data that is there", nameOf(urn), after);
    }
    if (changed("size") && !grows(had["size"], has["size"])) {
        return anew("a volume does not shrink", nameOf(urn), after);
    }
    return changed("onDestroy")
        ? { label: "nothing", why: "decides what the next destroy does" }
        : parts;
}

/** What the Pi refuses, unless it was confirmed. */
function anew(what: string, name: string, after: Inputs | undefined): Impact {
    return after?.["confirmed"] === true
        ? {
              label: "restart",
              why: "confirmed: k3s stops twice, while its data goes to the card and into the new image",
          }
        : {
              label: "data at risk",
              why: `${what}: the Pi refuses it and changes nothing, without \`confirm: [${name}]\``,
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
