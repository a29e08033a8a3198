import { existsSync, readFileSync } from "node:fs";
import { writeKept } from "../kept-file";
import type { Entity } from "./html";

export interface Chat {
    readonly id: number;
    readonly type: "private" | "group" | "supergroup";
    readonly title: string;
    /** Topics by their ids; a chat without any has none to write into. */
    readonly topics?: Readonly<Record<number, string>>;
    /** Whether the bot may write there. @default true */
    readonly member?: boolean;
    /** A group that became a supergroup answers with its new id only. */
    readonly migratedTo?: number;
}

export interface Message {
    readonly id: number;
    /** ISO 8601. */
    readonly time: string;
    readonly chatId: number;
    readonly threadId: number | null;
    readonly text: string;
    readonly entities: readonly Entity[];
    /** Arrived without a sound. */
    readonly silent: boolean;
}

/** What a chat does not take at the moment. */
export class TooMany extends Error {
    constructor(
        /** Seconds. */
        readonly retryAfter: number,
    ) {
        super(`Too Many Requests: retry after ${retryAfter}`);
    }
}

/** Seconds between two messages in one chat, and how many a group takes in a minute (core.telegram.org/bots/faq). */
export const limits = { pause: 1, perMinute: 20 };

/** The chats of one bot and what was said in them, in memory and in a file when one is given. */
export class Chats {
    readonly messages: Message[] = [];

    /** @param now milliseconds. @default the clock */
    constructor(
        readonly list: readonly Chat[],
        private readonly file?: string,
        private readonly now: () => number = Date.now,
    ) {
        if (file !== undefined && existsSync(file)) {
            this.messages.push(...(JSON.parse(readFileSync(file, "utf8")) as Message[]));
        }
    }

    find(id: string): Chat | undefined {
        return this.list.find((chat) => String(chat.id) === id);
    }

    /** @throws TooMany when the chat has had enough for now */
    add(chat: Chat, said: Pick<Message, "threadId" | "text" | "entities" | "silent">): Message {
        this.spare(chat);
        const message = {
            id: this.messages.length + 1,
            time: new Date(this.now()).toISOString(),
            chatId: chat.id,
            ...said,
        };
        this.messages.push(message);
        writeKept(this.file, this.messages);
        return message;
    }

    private spare(chat: Chat): void {
        const ages = this.messages
            .filter(({ chatId }) => chatId === chat.id)
            .map(({ time }) => (this.now() - Date.parse(time)) / 1000)
            // Told by a clock that was ahead, before a restart.
            .filter((age) => age >= 0);
        const recent = ages.filter((age) => age < 60);
        if (ages.some((age) => age < limits.pause)) {
            throw new TooMany(1);
        }
        if (chat.type !== "private" && recent.length >= limits.perMinute) {
            throw new TooMany(Math.ceil(60 - Math.max(...recent)));
        }
    }
}
