import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { object } from "../config/schema";
import type { Zone } from "./cloudflare/store";
import { recordQuota } from "./facts";
import { internetClient } from "./internet-client";
import { stackConfigFile } from "./paths";

/** Gives the Cloudflare stand-in the stack's zones, so that other domains can be rehearsed: on a home they are there before. */
export async function addStackZones(): Promise<void> {
    const zones = zonesIn(readFileSync(stackConfigFile, "utf8"));
    await internetClient().addZones(zones.map((zone) => ({ ...zone, recordQuota })));
}

/** The zones of a stack's configuration; none when they are wrong: the program tells what is wrong with them. */
export function zonesIn(text: string): Zone[] {
    const { config } = parse(text) as { config?: Record<string, unknown> };
    const read = object.pick({ zones: true }).safeParse({ zones: config?.["rekindle:zones"] });
    return read.data?.zones ?? [];
}
