import Fastify, { type FastifyInstance } from "fastify";
import type { GrafanaStore } from "./store";

/** Grafana cuts a message here, in the middle of a tag if there is one. */
const longest = 4096;

/** When a contact point last tried to send, and why that failed, by its uid. */
export type Attempts = Map<string, { readonly at: Date; readonly error?: string }>;

/**
 * Takes what the real Alertmanager sends to Telegram and sends it as Grafana's own notifier does: as a form, with the contact point's topic, cut
 * at 4,096 characters, and tried once. What is refused waits for the next group interval.
 */
export function telegramRelay(
    store: GrafanaStore,
    telegram: string,
    attempts: Attempts = new Map(),
): FastifyInstance {
    const app = Fastify();
    type Sent = { Params: { uid: string; token: string }; Body: Readonly<Record<string, unknown>> };
    app.post<Sent>("/:uid/bot:token/sendMessage", async ({ params, body }, reply) => {
        const point = store.all.contactPoints.find(({ uid }) => uid === params.uid);
        const settings = point?.settings ?? {};
        const form = new URLSearchParams();
        const set = (key: string, value: unknown) => {
            if (value !== undefined && value !== "" && value !== false) {
                form.set(key, typeof value === "string" ? value : JSON.stringify(value));
            }
        };
        set("chat_id", settings["chatid"]);
        set("message_thread_id", settings["message_thread_id"]);
        set("disable_notification", settings["disable_notifications"]);
        set("disable_web_page_preview", settings["disable_web_page_preview"]);
        set("protect_content", settings["protect_content"]);
        set("parse_mode", settings["parse_mode"] === "None" ? "" : settings["parse_mode"]);
        set("text", cut(String(body["text"])));
        const answer = await fetch(`${telegram}/bot${params.token}/sendMessage`, {
            method: "POST",
            body: form,
            signal: AbortSignal.timeout(15_000),
        }).catch((error: unknown) => {
            // Not the error's own words: its address has the token in it.
            console.error(`Telegram gave no answer: ${(error as Error).name}`);
            return undefined;
        });
        const text = (await answer?.text()) ?? '{"ok":false,"description":"no answer"}';
        attempts.set(params.uid, {
            at: new Date(),
            ...(answer?.ok === true ? {} : { error: text }),
        });
        if (answer?.ok !== true) {
            console.error(`Telegram refused a message of ${point?.name ?? "?"}: ${text}`);
        }
        // Alertmanager does not try a 400 again; a 429 it would, unlike Grafana.
        return answer?.ok === true
            ? reply.type("application/json").send(text)
            : reply.code(400).send({ ok: false, error_code: 400, description: text });
    });
    return app;
}

function cut(text: string): string {
    const runes = Array.from(text);
    return runes.length > longest ? `${runes.slice(0, longest - 1).join("")}…` : text;
}
