import { setTimeout as delay } from "node:timers/promises";
import type { House } from "./house";
import { Refused } from "./readable";
import type { Check } from "./record";

/** An edge that stumbles once is asked again. */
const tries = 3;

/**
 * The house with those public hostnames only that answer before anything is broken, one with a 200 first: no drill can bring others back.
 * @param timed whether the first public 200 is waited for afterwards
 * @returns it, and a note on each hostname that is left out
 * @throws Refused when a 200 is waited for that nobody gets even now
 */
export async function answering<H extends House>(
    house: H,
    timed: boolean,
): Promise<{ house: H; notes: Check[] }> {
    const answers = await Promise.all(
        house.hostnames.map(async (hostname) => ({
            hostname,
            answer: await visited(house, hostname),
        })),
    );
    const first = answers.find(({ answer }) => answer === 200);
    if (timed && first === undefined) {
        const seen = answers.map(({ hostname, answer }) => `${hostname}: ${answer}`).join(", ");
        throw new Refused(
            `Nothing was broken, because no public hostname answers with 200 now (${seen || "rekindle:routes has none but wildcards"}), and that is what the drill waits for.`,
        );
    }
    const served = answers.filter((one) => one !== first && isServed(one.answer));
    const hostnames = [...(first ? [first] : []), ...served].map(({ hostname }) => hostname);
    return {
        // Everything else is the house's own.
        house: Object.create(house, { hostnames: { value: hostnames, enumerable: true } }) as H,
        notes: answers
            .filter(({ hostname }) => !hostnames.includes(hostname))
            .map(({ hostname, answer }) => ({
                name: `${hostname} is not looked at`,
                ok: true,
                detail: `before the drill it gave: ${answer}`,
            })),
    };
}

/** The public hostnames that can be visited, each once: a wildcard is no name. */
export function visitable(routes: readonly { readonly hostname: string }[]): string[] {
    const names = new Set(routes.map(({ hostname }) => hostname));
    return [...names].filter((hostname) => !hostname.startsWith("*."));
}

/** A page that wants a login was reached as well. */
export function isServed(answer: number | string): boolean {
    return typeof answer === "number" && (answer < 400 || answer === 401 || answer === 403);
}

async function visited(house: House, hostname: string): Promise<number | string> {
    for (let count = 1; ; count += 1) {
        const answer = await house.visit(`https://${hostname}/`);
        if (isServed(answer) || count === tries) {
            return answer;
        }
        await delay(200);
    }
}
