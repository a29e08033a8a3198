import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Fastify from "fastify";
import { startDaemon } from "./daemon";
import { chats } from "./facts";
import { internetClient } from "./internet-client";
import { runRoot } from "./paths";
import type { Chat } from "./telegram/chats";
import { chatItems, chatPage } from "./telegram/chat-page";

/** Holds the page's address while it is served. */
const addressFile = join(runRoot, "chat.txt");

/**
 * Serves the chat's page on this machine's loopback until `down`, by a process of its own.
 * @returns its address
 */
export async function ensureChatPage(): Promise<string> {
    const known = existsSync(addressFile) ? readFileSync(addressFile, "utf8") : "";
    const signal = AbortSignal.timeout(2_000);
    if (known !== "" && (await fetch(known, { signal }).catch(() => undefined))?.ok === true) {
        return known;
    }
    const command = [process.execPath, ["--import", "tsx", __filename]] as const;
    return (await startDaemon(command, join(runRoot, "chat.log"))) as string;
}

/** Serves the page of what Telegram's stand-in took. @returns its address */
export async function serveChat(internet: Pick<ReturnType<typeof internetClient>, "messages">) {
    const all: readonly Chat[] = Object.values(chats);
    const app = Fastify({ forceCloseConnections: true });
    app.addHook("onRequest", (_request, reply, next) => {
        // Whatever a label holds: nothing on the page loads or runs but its own style and script.
        const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
        const own = "connect-src 'self'; script-src 'unsafe-inline'";
        reply.header("content-security-policy", `${policy}; ${own}`);
        next();
    });
    app.get("/", async (_request, reply) =>
        reply.type("text/html").send(chatPage(await internet.messages(), all)),
    );
    app.get<{ Params: { id: string } }>("/after/:id", async ({ params }, reply) => {
        const later = (await internet.messages()).filter(({ id }) => id > Number(params.id));
        return reply.type("text/html").send(chatItems(later, all));
    });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    return { url, close: async () => app.close() };
}

if (require.main === module) {
    void serveChat(internetClient()).then(({ url }) => {
        writeFileSync(addressFile, url);
        process.send?.(url);
    });
}
