/** Where a thing is: with the house or not, in its cluster or beside it; or nobody told. */
export type Place = "outside" | "house" | "cluster" | "unknown";

/** Something that must be there before something else can start. */
export interface Thing {
    readonly id: string;
    /** What people call it. Two things that people do not tell apart, such as a service and its hostname, share one. */
    readonly label: string;
    readonly place: Place;
    /** What nobody declared about it. */
    readonly unknown?: string | undefined;
}

/** The house starts by itself after a power cut; or somebody makes it anew from what lies outside. */
export type Question = "power-on" | "rebuild";

/** One thing that another one waits for, or several of which some are enough. */
export interface Need {
    readonly from: string;
    /** One id; several are alternatives. */
    readonly to: readonly string[];
    /** How many of them must be there. */
    readonly enough: number;
    /** The rest of the sentence "FROM needs TO: …". */
    readonly why: string;
    /** The configuration that it follows from, without its prefix. */
    readonly key: string;
    /** What the configuration calls the target, where it names one. */
    readonly called?: string | undefined;
    /** It fails open: whoever has it starts without it. */
    readonly optional: boolean;
    /** What it is needed for; what a power-on needs, a rebuild needs as well. */
    readonly when: Question;
}

/** Everything that can keep the house from coming back. */
export interface World {
    readonly things: ReadonlyMap<string, Thing>;
    readonly needs: readonly Need[];
}
