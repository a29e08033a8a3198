import * as z from "zod";
import { ApiError, type Page } from "./envelope";

/**
 * Reads the query of a list call.
 * @param filters the filters that this call knows; any other is refused, since one that is silently ignored lists too much
 * @throws ApiError 400
 */
export function listQuery(
    query: unknown,
    filters: readonly string[],
): { page: Page; filters: Map<string, string> } {
    const { page, per_page, ...rest } = z
        .object({
            page: z.coerce.number().int().min(1).default(1),
            // 100 unless told, 5,000 at most, as external-dns documents it.
            per_page: z.coerce.number().int().min(1).max(5000).default(100),
        })
        .loose()
        .parse(query);
    const unknown = Object.keys(rest).filter((key) => !filters.includes(key));
    if (unknown.length > 0) {
        throw new ApiError(
            400,
            1004,
            `This stand-in does not know the filter ${unknown.join(", ")}; it knows ${filters.join(", ")}.`,
        );
    }
    return {
        page: { page, per_page },
        filters: new Map(Object.entries(rest).map(([key, value]) => [key, String(value)])),
    };
}
