import { hour, minute, type Alert, type Severity } from "./alert";

/** How often rules are evaluated and how messages are gathered, in seconds. */
export interface Timing {
    /** Between two evaluations of a rule; Grafana wants a multiple of 10. */
    readonly evaluate: number;
    /** From the first alert of a group to its message, for others to join it. */
    readonly groupWait: number;
    /**
     * Between the messages of two rules that begin at once: a chat takes one message a second and a group 20 a minute, and what
     * Telegram refuses Grafana tries again only after a group interval.
     */
    readonly stagger: number;
    /** Until a changed group is told again. */
    readonly groupInterval: number;
    /** Until an unchanged one is. */
    readonly repeat: Readonly<Record<Severity, number>>;
    /** How long a critical alert goes on after its cause is gone: one that was not delivered is lost when it ends. */
    readonly keepFiring: number;
}

/**
 * `home` waits as long as the list says. `rehearsal` divides every wait by 30 but waits for a minute at least, so that a fault
 * can be tried out within minutes; it is no setting to live with: each restart would be a message.
 */
export type Pace = "home" | "rehearsal";

const rehearsal = 30;
/** Kubernetes itself takes 40 seconds to see a node gone, and a connector 45 to end: what waits for them can be no faster. */
const shortest = minute;
/** Two beats and two minutes of grace fit into the ten minutes after which the dead man's switch calls it silence. */
const beat = 4 * minute;

export const timings: Readonly<Record<Pace, Timing>> = {
    home: {
        evaluate: minute,
        groupWait: 30,
        stagger: 4,
        groupInterval: 5 * minute,
        repeat: { critical: 4 * hour, warning: 24 * hour, heartbeat: beat },
        keepFiring: 15 * minute,
    },
    rehearsal: {
        evaluate: 10,
        groupWait: 1,
        stagger: 2,
        groupInterval: 10,
        repeat: { critical: 4 * hour, warning: 24 * hour, heartbeat: minute },
        keepFiring: 30,
    },
};

/** The alerts as this pace has them: every wait a multiple of the time between two evaluations. */
export function paced(alerts: readonly Alert[], pace: Pace): Alert[] {
    const { evaluate } = timings[pace];
    const wait = (seconds: number) =>
        pace === "home" ? seconds : Math.min(seconds, Math.max(seconds / rehearsal, shortest));
    return alerts.map((alert) => ({
        ...alert,
        for: Math.ceil(wait(alert.for) / evaluate) * evaluate,
    }));
}
