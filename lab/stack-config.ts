import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { isEmptyMap } from "../config/fields";
import { stackConfigFile } from "./paths";

/** The configuration that the last run of the stack had, by the program's own names: to be read with its own schema. */
export function stackConfig(): Record<string, unknown> {
    const { config } = parse(readFileSync(stackConfigFile, "utf8")) as {
        config: Record<string, unknown>;
    };
    return Object.fromEntries(
        Object.entries(config)
            .filter(([, value]) => !isEmptyMap(value))
            .map(([key, value]) => [key.replace("rekindle:", ""), value]),
    );
}
