import { ensureChatPage } from "./chat";
import { chats } from "./facts";
import { parseDuration } from "./fault-verb";
import { firing, type Instance } from "./grafana/states";
import { askGrafana } from "./house-grafana";
import { internetClient } from "./internet-client";
import { duration } from "./progress";
import { table } from "./report";
import type { Shown } from "./verbs";

/** `lab -- messages`: what Telegram's stand-in took. */
export async function messages(): Promise<Shown> {
    const all = await internetClient().messages();
    const lines = all.map(({ time, chatId, silent, text }) => {
        const chat = Object.values(chats).find(({ id }) => id === chatId)?.title ?? String(chatId);
        const at = new Date(time).toTimeString().slice(0, 8);
        return `${at}  ${chat}${silent ? ", without a sound" : ""}\n${text.replaceAll(/^/gm, "    ")}`;
    });
    const page = `The same as a page: ${await ensureChatPage()}`;
    return { text: [...lines, page].join("\n\n"), value: all };
}

/** `lab -- alerts`: what is not as it should be, as Grafana's stand-in sees it. */
export async function alerts(): Promise<Shown> {
    const states = await askGrafana<Record<string, Instance[]>>("/api/lab/states");
    const rows = Object.entries(states).flatMap(([name, instances]) =>
        instances
            .filter(({ state }) => state === "Pending" || firing.includes(state))
            .map(({ state, labels, since }) => [
                name,
                state,
                duration((Date.now() - since) / 1000),
                Object.entries(labels)
                    .map(([label, value]) => `${label}=${value}`)
                    .join(" "),
            ]),
    );
    const text = rows.length === 0 ? "nothing" : table(["alert", "state", "for", ""], rows);
    return { text, value: states };
}

/**
 * `lab -- clock 15m`: turns the clock of Cloudflare's Workers ahead.
 * @throws when the duration is none
 */
export async function clock(by: string): Promise<Shown> {
    const { ahead } = await internetClient().advanceClock(parseDuration(by));
    const text = `The Workers' clock is ${duration(ahead / 1000)} ahead of this machine's; what was due has run.`;
    return { text, value: { ahead } };
}
