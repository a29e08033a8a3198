import type { Canary } from "./canary";
import type { House } from "./house";
import { isSuppressed, type Mute } from "./mute";
import type { Check } from "./record";

/** The drill's own scope is quiet, and nothing else is. @param zero milliseconds since 1970 */
export async function checkMute(
    house: House,
    mute: Mute,
    canary: Canary,
    zero: number,
): Promise<Check[]> {
    if (house.grafana === undefined) {
        return [];
    }
    const suppressed = await isSuppressed(house, canary.muted, mute);
    const came = await house.brokeThrough(canary, zero);
    const seen = suppressed ? "by this drill's silence" : "it was not seen so";
    return [
        {
            name: "the muted alert is suppressed",
            ok: suppressed && !came,
            detail: came ? "it arrived" : seen,
        },
        {
            name: "the canary outside the mute arrives",
            ok: await house.heard(canary, zero),
            detail: "in the chat",
        },
    ];
}
