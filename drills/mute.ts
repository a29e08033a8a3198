import type { House } from "./house";

/** Whose alerts keep quiet: those about one Pi, or all of ours. Other people's rules in the same Grafana are never muted. */
export interface Scope {
    /** A Pi's name. @default the whole house */
    readonly node?: string;
}

/** What is muted, and until when. */
export interface Mute {
    /** Milliseconds since 1970. */
    readonly ends: number;
    readonly silences: readonly string[];
}

export interface Matcher {
    readonly name: string;
    readonly value: string;
    readonly isRegex: boolean;
    readonly isEqual: boolean;
}

/** The folder of our rules; Grafana labels each alert with its title. */
export const folder = { uid: "rekindle", title: "Rekindle" } as const;

const api = "/api/alertmanager/grafana/api/v2";

/** One list of matchers for each silence: an alert about a Pi names it in one of two labels. Pure. */
export function silencesOf({ node }: Scope): readonly (readonly Matcher[])[] {
    const equal = (name: string, value: string) => ({
        ...{ name, value },
        ...{ isRegex: false, isEqual: true },
    });
    const ours = equal("grafana_folder", folder.title);
    return node === undefined
        ? [[ours]]
        : ["node", "nodename"].map((label) => [ours, equal(label, node)]);
}

/** The drill that is muted for. */
interface Muted {
    readonly name: string;
    readonly scope: Scope;
    /** The longest that it may take, in minutes. */
    readonly minutes: number;
}

/**
 * Has the drill's own scope keep quiet, at the dead man's switch and in Grafana, until one end that is set at once: nobody needs to
 * live on to lift it.
 * @throws when one of them does not take it; nothing was broken yet, and nothing stays muted
 */
export async function mute(house: House, drill: Muted): Promise<Mute> {
    const seconds = drill.minutes * 60;
    if (drill.scope.node !== undefined) {
        // A single Pi never makes the house silent.
        const ends = Date.now() + seconds * 1000;
        return { ends, silences: await silence(house, drill, ends) };
    }
    try {
        // It counts from when the request reaches it: the end that it answers is the only one that both can hold.
        const ends = await house.muteWatchdog(seconds);
        return { ends, silences: await silence(house, drill, ends) };
    } catch (error) {
        // An answer that did not come may have been a yes. Why it failed is what people need to know.
        await house.muteWatchdog(0).catch(() => undefined);
        throw error;
    }
}

/**
 * The same again after Grafana was without power: an Alertmanager, Grafana's own too, writes its silences to the disk every 15 minutes
 * only. The end stays what it was.
 */
export async function muteAgain(
    house: House,
    drill: Muted,
    { ends, silences }: Mute,
): Promise<Mute> {
    const kept = await activeSilences(house);
    return silences.every((id) => kept.includes(id))
        ? { ends, silences }
        : { ends, silences: await silence(house, drill, ends) };
}

/** Lifts a mute before its end. */
export async function unmute(house: House, { silences }: Mute, scope: Scope): Promise<void> {
    const kept = await activeSilences(house);
    for (const id of silences.filter((one) => kept.includes(one))) {
        await house.grafana?.("DELETE", `${api}/silence/${id}`);
    }
    if (scope.node === undefined) {
        await house.muteWatchdog(0);
    }
}

async function silence(house: House, drill: Muted, ends: number): Promise<string[]> {
    const made: string[] = [];
    for (const matchers of house.grafana === undefined ? [] : silencesOf(drill.scope)) {
        const body = {
            matchers,
            startsAt: new Date().toISOString(),
            endsAt: new Date(ends).toISOString(),
            createdBy: "rekindle",
            comment: `drill ${drill.name}`,
        };
        const answer = await house.grafana?.<{ silenceID: string }>(
            "POST",
            `${api}/silences`,
            body,
        );
        made.push(answer?.silenceID ?? "");
    }
    return made;
}

async function activeSilences(house: House): Promise<string[]> {
    type Silence = { readonly id: string; readonly status: { readonly state: string } };
    const all = (await house.grafana?.<Silence[]>("GET", `${api}/silences`)) ?? [];
    return all.filter(({ status }) => status.state !== "expired").map(({ id }) => id);
}

interface Alert {
    readonly labels: Readonly<Record<string, string>>;
    readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

/** Whether an alert is there and kept quiet by this very mute. */
export async function isSuppressed(house: House, name: string, mute: Mute): Promise<boolean> {
    const alerts = (await house.grafana?.<Alert[]>("GET", `${api}/alerts`)) ?? [];
    return alerts.some(
        ({ labels, status }) =>
            labels["alertname"] === name &&
            status.state === "suppressed" &&
            status.silencedBy.some((id) => mute.silences.includes(id)),
    );
}
