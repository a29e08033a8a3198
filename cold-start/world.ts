import type { Need, Place, Question, Thing, World } from "./needs";

/** What a need may have besides; each has its usual value. */
interface Kind {
    /** How many of several targets must be there. @default all that are given, of which there is mostly one */
    readonly enough?: number;
    /** @default false */
    readonly optional?: boolean;
    /** @default "power-on" */
    readonly when?: Question;
    /** As the configuration has it. @default what people call the target */
    readonly called?: string | undefined;
}

/** A world while it is written down: things are added as they are met, each once. */
export class Draft implements World {
    readonly things = new Map<string, Thing>();
    readonly needs: Need[] = [];
    private readonly optionals: Set<string>;

    /** @param failingOpen ids that nobody waits for */
    constructor(failingOpen: Iterable<string> = []) {
        this.optionals = new Set(failingOpen);
    }

    /** Adds a thing; its needs are added by whoever hears that it is new. */
    isNew(id: string, label: string, place: Place, unknown?: string): boolean {
        const known = this.things.has(id);
        if (!known) {
            this.things.set(id, { id, label: printable(label), place, unknown });
        }
        return !known;
    }

    /** The same for a thing whose needs do not matter, or are added elsewhere. @returns its id */
    thing(id: string, label: string, place: Place, unknown?: string): string {
        this.isNew(id, label, place, unknown);
        return id;
    }

    /** Whoever needs it starts without it too. */
    failsOpen(id: string): void {
        this.optionals.add(id);
    }

    need(from: string, to: string | readonly string[], why: string, key: string, kind?: Kind) {
        const all = typeof to === "string" ? [to] : to;
        this.needs.push({
            from,
            to: all,
            enough: kind?.enough ?? all.length,
            why,
            key,
            called: kind?.called,
            optional: kind?.optional === true || this.isAnyOpen(all),
            when: kind?.when ?? "power-on",
        });
    }

    private isAnyOpen(ids: readonly string[]): boolean {
        return this.optionals.size > 0 && ids.some((id) => this.optionals.has(id));
    }
}

/** Names from images and URLs go to terminals and pages. */
function printable(text: string): string {
    // The short way for nearly all of them.
    return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[\p{C}\u2028\u2029]/gu, "?");
}
