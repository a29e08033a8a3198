import type { Need, Place, Question, Thing, World } from "./needs";

/** What a need may have besides; each has its usual value. */
interface Kind {
    /** How many of several targets must be there. @default all that are given, of which there is mostly one */
    readonly enough?: number;
    /** @default false */
    readonly optional?: boolean;
    /** @default "power-on" */
    readonly when?: Question;
}

/** A world while it is written down: things are added as they are met, each once. */
export class Draft implements World {
    readonly things = new Map<string, Thing>();
    readonly needs: Need[] = [];
    private readonly labels = new Set<string>();
    private readonly optionals: Set<string>;

    /** @param failingOpen ids that nobody waits for */
    constructor(failingOpen: Iterable<string> = []) {
        this.optionals = new Set(failingOpen);
    }

    /**
     * @param describe called when the thing is new, to add what it needs itself
     * @returns its id
     */
    thing(
        id: string,
        label: string,
        place: Place,
        { unknown, describe }: { readonly unknown?: string; readonly describe?: () => void } = {},
    ): string {
        if (!this.things.has(id)) {
            this.things.set(id, { id, label: printable(label), place, unknown });
            this.labels.add(label);
            describe?.();
        }
        return id;
    }

    isLabel(label: string): boolean {
        return this.labels.has(label);
    }

    /** Whoever needs it starts without it too. */
    failsOpen(id: string): void {
        this.optionals.add(id);
    }

    need(from: string, to: string | readonly string[], why: string, key: string, kind: Kind = {}) {
        const all = typeof to === "string" ? [to] : to;
        const optional = kind.optional === true || all.some((id) => this.optionals.has(id));
        const enough = kind.enough ?? all.length;
        this.needs.push({
            ...{ from, to: all, enough, why, key, optional },
            when: kind.when ?? "power-on",
        });
    }
}

/** Names from images and URLs go to terminals and pages. */
function printable(text: string): string {
    return text.replace(/[\p{C}\u2028\u2029]/gu, "?");
}
