import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

export interface TelegramReceiptArgs {
    /** The bot's token. */
    readonly telegramToken: pulumi.Input<string>;
    /** The chat: a number, negative for a group; or @name of a channel. */
    readonly chatId: string;
    /** The topic in it. @default none */
    readonly threadId?: number;
}

/**
 * Proves that messages arrive: sends one, at the first `up` and when token, chat or topic changed, and fails with the reason when
 * Telegram does not take it. What sends there later depends on it, so that what works is not replaced by what does not.
 */
export function telegramReceipt(
    name: string,
    { telegramToken, chatId, threadId }: TelegramReceiptArgs,
    options: pulumi.ResourceOptions,
): local.Command {
    const text = `✅ Rekindle can reach this chat: alerts of the stack ${pulumi.getStack()} come here.`;
    return new local.Command(
        name,
        {
            create: "node components/scripts/telegram-receipt.mjs",
            stdin: pulumi.jsonStringify({
                ...{ token: pulumi.secret(telegramToken), chatId, text },
                ...(threadId === undefined ? {} : { threadId }),
            }),
            addPreviousOutputInEnv: false,
        },
        options,
    );
}
