import { flawless, type Flaw } from "./fields";

/** Units of Go's time.ParseDuration, in nanoseconds. */
const units: Readonly<Record<string, number>> = {
    ...{ ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 },
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** What Go's durations hold. */
const longest = 2 ** 63;

/** A duration of originRequest, as cloudflared reads it: a text with a unit. @param signed whether less than nothing means something */
export function duration(field: string, usual: string, signed = false) {
    const example = `${field}: ${usual}`;
    const what = "a duration such as 500ms, 30s, 1m30s or 2h";
    const flawOf = (value: string) => durationFlaw(field, value, signed);
    return flawless(flawOf, what, example).optional();
}

function durationFlaw(field: string, value: string, signed: boolean): Flaw | undefined {
    const [, sign = "", length = ""] = /^([+-]?)(.*)$/s.exec(value) ?? [];
    const parts = [...length.matchAll(part)];
    if (length !== "0" && (length === "" || parts.map(([whole]) => whole).join("") !== length)) {
        return {
            wrong: "is not a duration such as 500ms, 30s, 1m30s or 2h",
            ...(/^\d+(\.\d+)?$/.test(value) ? { right: `${field}: ${value}s` } : {}),
            ...(/^\d+d$/.test(value) ? { right: `${field}: ${24 * parseInt(value, 10)}h` } : {}),
        };
    }
    if (sign === "-" && !signed && parts.some(([, count]) => Number(count) > 0)) {
        return { wrong: "is less than nothing: no request could be answered in time" };
    }
    const sum = parts.reduce(
        (all, [, count, unit = ""]) => all + Number(count) * (units[unit] ?? 0),
        0,
    );
    return sum < longest ? undefined : { wrong: "is longer than cloudflared can count" };
}
