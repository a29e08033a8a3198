import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { object } from "../config-schema";
import { zone } from "./facts";
import { project } from "./paths";

export interface StackZone {
    readonly domain: string;
    readonly id: string;
}

/**
 * The zones that the Cloudflare stand-in has: the lab's own, and those of Pulumi.dev.yaml, so that another domain can be
 * rehearsed. One that cannot be read is left out here; the program tells what is wrong with it.
 */
export function stackZones(
    text = readFileSync(join(project, "Pulumi.dev.yaml"), "utf8"),
): StackZone[] {
    const { config } = parse(text) as { config?: Record<string, unknown> };
    const read = object.pick({ zones: true }).safeParse({ zones: config?.["rekindle:zones"] });
    const others = (read.data?.zones ?? []).filter(
        ({ id, domain }) => id !== zone.id && domain !== zone.domain,
    );
    return [zone, ...others];
}
