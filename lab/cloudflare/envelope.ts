import * as z from "zod";

/** A refusal, with the HTTP status and the error code that Cloudflare gives for it. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: number,
        message: string,
        readonly headers: Readonly<Record<string, string>> = {},
    ) {
        super(message);
    }
}

export interface Page {
    readonly page: number;
    readonly per_page: number;
}

interface Envelope {
    readonly success: boolean;
    readonly errors: readonly { readonly code: number; readonly message: string }[];
    readonly messages: readonly [];
    readonly result: unknown;
    readonly result_info?: Page & { count: number; total_count: number; total_pages: number };
}

/** The envelope of every successful answer. */
export function success(result: unknown): Envelope {
    return { success: true, errors: [], messages: [], result };
}

/** The envelope of every failure. */
export function failure(code: number, message: string): Envelope {
    return { success: false, errors: [{ code, message }], messages: [], result: null };
}

/** One page of a list, with the counts that a client needs to ask for the next. */
export function paged(all: readonly unknown[], { page, per_page }: Page): Envelope {
    const result = all.slice((page - 1) * per_page, page * per_page);
    return {
        ...success(result),
        result_info: {
            page,
            per_page,
            count: result.length,
            total_count: all.length,
            total_pages: Math.ceil(all.length / per_page),
        },
    };
}

/**
 * Reads what a client sent.
 * @param what begins the refusal, in Cloudflare's words
 * @throws ApiError 400 with this code when it does not fit
 */
export function read<T extends z.ZodType>(
    schema: T,
    value: unknown,
    code: number,
    what: string,
): z.output<T> {
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
        const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
        throw new ApiError(400, code, `${what}: ${why}`);
    }
    return parsed.data;
}
