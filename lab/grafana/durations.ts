const units: Readonly<Record<string, number>> = {
    ms: 0.001,
    s: 1,
    m: 60,
    h: 3600,
    d: 86_400,
    w: 604_800,
};

/**
 * Seconds of a duration as Go and Prometheus write it, e.g. `5m0s`, `1d`, `0s`.
 * @returns undefined for what is none
 */
export function secondsOf(duration: string): number | undefined {
    if (!/^(\d+(ms|s|m|h|d|w))+$/.test(duration)) {
        return undefined;
    }
    return [...duration.matchAll(/(\d+)(ms|s|m|h|d|w)/g)].reduce(
        (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
        0,
    );
}

/** As Go writes it: `5m0s`. */
export function goDuration(seconds: number): string {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    const parts = [
        ...(hours > 0 ? [`${hours}h`] : []),
        ...(hours > 0 || minutes > 0 ? [`${minutes}m`] : []),
    ];
    return `${parts.join("")}${seconds % 60}s`;
}
