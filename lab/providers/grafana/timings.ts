import { secondsOf } from "../../grafana/durations";
import type { Spelling } from "../settle";
import { renamed, text, type Value, type Values } from "../values";

const toApi = {
    ...{ groupWait: "group_wait", groupInterval: "group_interval" },
    repeatInterval: "repeat_interval",
};
const fromApi = Object.fromEntries(Object.entries(toApi).map(([input, api]) => [api, input]));

/** Returns the API's timings of a policy or a rule's notifications. */
export function timingsToApi(from: Values): Values {
    return renamed(from, toApi);
}

/** Reads them. */
export function timingsFromApi(from: Values): Values {
    return renamed(from, fromApi);
}

/** Grafana writes durations anew: `300s` comes back as `5m0s`. */
function isSame(old: Value, live: Value): boolean {
    const seconds = secondsOf(text(old));
    return seconds !== undefined && seconds === secondsOf(text(live));
}

/** Compares every duration of the alerting resources. */
export const sameDuration: NonNullable<Spelling["same"]> = {
    ...{ for: isSame, keepFiringFor: isSame },
    ...{ groupWait: isSame, groupInterval: isSame, repeatInterval: isSame },
};
