import { faultKinds, type Fault, type FaultKind, type FaultTarget } from "./cloudflare/faults";
import { secondsOf } from "./grafana/durations";
import { internetClient } from "./internet-client";
import { duration } from "./progress";
import type { Shown } from "./verbs";

/**
 * `fault TARGET KIND [--for 60s]`, `fault clear [TARGET]`, or `fault` alone to see what is broken.
 * @throws when there is no such target or kind, with those that there are
 */
export async function fault(
    target: string | undefined,
    kind: string | undefined,
    options: { readonly for?: string; readonly host?: string },
): Promise<Shown> {
    const internet = internetClient();
    if (target === undefined) {
        const { faults } = await internet.status();
        return shown(faults);
    }
    // The stand-ins themselves say which names there are.
    if (target === "clear") {
        return shown(await internet.clearFaults(kind as FaultTarget | undefined));
    }
    const seconds = options.for === undefined ? undefined : parseDuration(options.for);
    return shown(
        await internet.setFault({
            target: target as FaultTarget,
            kind: (kind ?? "") as FaultKind,
            ...(seconds === undefined ? {} : { seconds }),
            ...(options.host === undefined ? {} : { host: options.host.toLowerCase() }),
        }),
    );
}

/** The targets and their kinds, for `fault --help`. */
export function faultHelp(): string {
    const lines = Object.entries(faultKinds).map(
        ([target, kinds]) => `  ${target}: ${kinds.join(", ")}`,
    );
    return ["", "Targets and what can be done to them:", ...lines].join("\n");
}

function shown(faults: readonly Fault[]): Shown {
    const lines = faults.map(
        ({ target, kind, seconds, host }) =>
            `${target}: ${kind}${host === undefined ? "" : ` in front of ${host}`}${seconds === undefined ? ", until `fault clear`" : `, for ${duration(seconds)} from when it was set`}`,
    );
    return { text: lines.join("\n") || "no fault", value: faults };
}

/**
 * @param text a number with its unit, e.g. 60s, 5m, 1h
 * @returns seconds
 * @throws when it is none
 */
export function parseDuration(text: string): number {
    const seconds = secondsOf(text) ?? 0;
    if (seconds === 0) {
        throw new Error(`"${text}" is not a duration: write 60s, 5m or 1h. Nothing was changed.`);
    }
    return seconds;
}
