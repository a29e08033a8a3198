import type { ComponentChild } from "preact";
import { renderToStaticMarkup } from "preact-render-to-string";
import type { Chat, Message } from "./chats";
import type { Entity } from "./html";
import { script, style } from "./chat-look";

/** The chats as a person would see them in Telegram, oldest message first; it adds what arrives while it is open. */
export function chatPage(messages: readonly Message[], chats: readonly Chat[]): string {
    const title = "What the house has told";
    const page = (
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                <link rel="icon" href="data:," />
                <style dangerouslySetInnerHTML={{ __html: style }} />
            </head>
            <body>
                <header>
                    <h1>{title}</h1>
                    <p>
                        Messages that Telegram's stand-in took in this lab. Telegram itself was not
                        asked.
                    </p>
                </header>
                <main>
                    <div role="log" aria-label="Messages, oldest first">
                        <ol>{messages.map((message) => item(message, chats))}</ol>
                    </div>
                    <p id="none" hidden={messages.length > 0}>
                        Nothing has been told yet.
                    </p>
                </main>
                <script dangerouslySetInnerHTML={{ __html: script }} />
            </body>
        </html>
    );
    return `<!doctype html>\n${renderToStaticMarkup(page)}`;
}

/** Messages as the page's own script adds them. */
export function chatItems(messages: readonly Message[], chats: readonly Chat[]): string {
    return renderToStaticMarkup(<>{messages.map((message) => item(message, chats))}</>);
}

function item(message: Message, chats: readonly Chat[]): ComponentChild {
    const { id, time, chatId, threadId, text, entities, silent } = message;
    const chat = chats.find((one) => one.id === chatId);
    const topic = threadId === null ? undefined : chat?.topics?.[threadId];
    return (
        <li data-id={id}>
            <p class="chat">
                {chat?.title ?? String(chatId)}
                {topic === undefined ? "" : ` › ${topic}`}
            </p>
            <p class="text">{formatted(text, nested(entities))}</p>
            <p class="about">
                {silent ? "without a sound, " : ""}
                <time datetime={time}>{time.slice(0, 16).replace("T", " ")} UTC</time>
            </p>
        </li>
    );
}

/** The outer before the inner. */
function nested(entities: readonly Entity[]): Entity[] {
    return [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
}

/** A text with its entities, which are nested and never overlap otherwise, as elements. */
function formatted(
    text: string,
    entities: readonly Entity[],
    from = 0,
    to = text.length,
): ComponentChild[] {
    const [first, ...later] = entities;
    if (first === undefined) {
        return linked(text.slice(from, to));
    }
    const end = first.offset + first.length;
    const inner = later.filter(({ offset }) => offset < end);
    return [
        ...linked(text.slice(from, first.offset)),
        element(first, formatted(text, inner, first.offset, end)),
        ...formatted(
            text,
            later.filter(({ offset }) => offset >= end),
            end,
            to,
        ),
    ];
}

function element({ type, url }: Entity, children: ComponentChild[]): ComponentChild {
    switch (type) {
        case "bold":
            return <b>{children}</b>;
        case "italic":
            return <i>{children}</i>;
        case "underline":
            return <u>{children}</u>;
        case "strikethrough":
            return <s>{children}</s>;
        case "code":
        case "pre":
            return <code>{children}</code>;
        case "text_link":
            return <a href={url}>{children}</a>;
        default:
            return <span>{children}</span>;
    }
}

/** Telegram itself makes links of addresses. */
function linked(text: string): ComponentChild[] {
    return text
        .split(/(https?:\/\/[^\s<>"]+)/)
        .map((part, index) => (index % 2 === 1 ? <a href={part}>{part}</a> : part));
}
