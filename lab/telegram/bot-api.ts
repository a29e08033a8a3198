import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsOptions } from "node:tls";
import formbody from "@fastify/formbody";
import multipart from "@fastify/multipart";
import Fastify, { type FastifyServerFactory } from "fastify";
import type { Faults } from "../cloudflare/faults";
import { listen, type Endpoint } from "../cloudflare/listener";
import { TooMany, type Chat, type Chats, type Message } from "./chats";
import { ParseError, parseHtml, type Parsed } from "./html";

export interface BotApiOptions extends Endpoint {
    /** Asked at each request: a rotated token is another bot's no more. */
    readonly token: () => string;
    readonly chats: Chats;
    readonly faults: Faults;
    /** Served as plain HTTP when left out. */
    readonly tls?: TlsOptions;
}

/** Telegram counts UTF-16 units, after it has read the formatting. */
const longestText = 4096;

class Refusal extends Error {
    constructor(
        readonly status: number,
        message: string,
        readonly parameters?: Readonly<Record<string, number>>,
    ) {
        super(message);
    }
}

/**
 * Starts the stand-in for Telegram's Bot API: sendMessage, with the limits, the HTML and the refusals of the real one. Any other method
 * is answered 404. It does not cover other parse modes, media, or what a person writes.
 */
export async function startBotApi(
    options: BotApiOptions,
): Promise<{ port: number; close(): Promise<void> }> {
    const { tls, faults } = options;
    const serverFactory: FastifyServerFactory = (handler) =>
        tls ? createTlsServer(tls, handler) : createServer(handler);
    const app = Fastify({ serverFactory });
    await app.register(formbody);
    await app.register(multipart, { attachFieldsToBody: "keyValues" });
    app.post<{ Params: { token: string; method: string } }>(
        "/bot:token/:method",
        async (request) => {
            await faults.slowness("telegram");
            throwFault(faults);
            if (request.params.token !== options.token()) {
                throw new Refusal(401, "Unauthorized");
            }
            if (request.params.method !== "sendMessage") {
                throw new Refusal(404, "Not Found: method not found");
            }
            return sendMessage(texts(request.body), options.chats);
        },
    );
    app.setErrorHandler(async (error: Error, _request, reply) => {
        const known = refusalOf(error);
        if (known.status === 500) {
            console.error("Telegram stand-in:", error);
        }
        const { status, message: description, parameters } = known;
        return reply.code(status).send({
            ...{ ok: false, error_code: status, description },
            ...(parameters === undefined ? {} : { parameters }),
        });
    });
    app.setNotFoundHandler(async (_request, reply) =>
        reply.code(404).send({ ok: false, error_code: 404, description: "Not Found" }),
    );
    await app.ready();
    const listener = await listen(app.server, options, faults, "telegram");
    return {
        port: listener.port,
        close: async () => {
            await listener.close();
            await app.close();
        },
    };
}

/** In the order in which Telegram checks. */
function sendMessage(sent: Readonly<Record<string, string>>, chats: Chats) {
    const chat = chats.find(sent["chat_id"] ?? "");
    if (chat === undefined) {
        throw new Refusal(400, "Bad Request: chat not found");
    }
    if (chat.migratedTo !== undefined) {
        const description = "Bad Request: group chat was upgraded to a supergroup chat";
        throw new Refusal(400, description, { migrate_to_chat_id: chat.migratedTo });
    }
    if (chat.member === false) {
        throw new Refusal(403, `Forbidden: bot is not a member of the ${chat.type} chat`);
    }
    const { text, entities } = read(sent);
    if (text.trim() === "") {
        throw new Refusal(400, "Bad Request: message text is empty");
    }
    if (text.length > longestText) {
        throw new Refusal(400, "Bad Request: message is too long");
    }
    const threadId = thread(sent["message_thread_id"], chat);
    const silent = sent["disable_notification"] === "true";
    return answer(chats.add(chat, { threadId, text, entities, silent }), chat);
}

function read({ parse_mode: mode = "", text = "" }: Readonly<Record<string, string>>): Parsed {
    if (mode === "") {
        return { text, entities: [] };
    }
    if (mode.toUpperCase() !== "HTML") {
        throw new Refusal(400, `Bad Request: the lab's stand-in reads HTML only, not ${mode}`);
    }
    return parseHtml(text);
}

function thread(wanted: string | undefined, { topics = {} }: Chat): number | null {
    if (wanted === undefined || wanted === "") {
        return null;
    }
    if (!Object.hasOwn(topics, wanted)) {
        throw new Refusal(400, "Bad Request: message thread not found");
    }
    return Number(wanted);
}

function answer(
    { id, time, text, entities, threadId }: Message,
    { id: chatId, type, title }: Chat,
) {
    return {
        ok: true,
        result: {
            message_id: id,
            ...(threadId === null ? {} : { message_thread_id: threadId }),
            date: Math.floor(Date.parse(time) / 1000),
            chat: { id: chatId, type, ...(type === "private" ? { first_name: title } : { title }) },
            text,
            ...(entities.length === 0 ? {} : { entities }),
        },
    };
}

/** Bots send JSON, a form or multipart; each value as its text. */
function texts(body: unknown): Record<string, string> {
    return Object.fromEntries(
        Object.entries((body ?? {}) as Record<string, unknown>).map(([key, value]) => [
            key,
            typeof value === "string" ? value : JSON.stringify(value),
        ]),
    );
}

function refusalOf(error: Error): Pick<Refusal, "status" | "message" | "parameters"> {
    if (error instanceof TooMany) {
        return new Refusal(429, error.message, { retry_after: error.retryAfter });
    }
    if (error instanceof ParseError) {
        return new Refusal(400, `Bad Request: can't parse entities: ${error.message}`);
    }
    return error instanceof Refusal ? error : new Refusal(500, "Internal Server Error");
}

function throwFault(faults: Faults): void {
    switch (faults.kind("telegram")) {
        case "401":
            throw new Refusal(401, "Unauthorized");
        case "429":
            throw new TooMany(5);
        case "503":
            throw new Refusal(503, "Service Unavailable");
        default:
    }
}
