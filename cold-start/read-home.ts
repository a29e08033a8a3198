import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { asProblem, report } from "../config";
import { alertingOf } from "../config-alerting";
import { checkEntries } from "../config-entries";
import { isEmptyMap, list } from "../config-fields";
import { node, nodeExample } from "../config-nodes";
import { object } from "../config-schema";
import { checkServices } from "../config-services";
import { homeOf, type Home } from "./home";

/** A Pi without what only those who log in to it need: the committed example has no host keys. */
const { name, address, role, port, resolvers } = node.shape;
const place = z.object({ name, address, role, port, resolvers });
/** What the proof reads, and no secret: it works without a passphrase. */
const told = object
    .pick({
        ...{ zones: true, routes: true, images: true, cloudflareUrl: true, grafana: true },
        ...{ telegram: true, heartbeat: true, alerts: true, services: true, resolvers: true },
        ...{ stateUrl: true, gitUrl: true, secretsUrl: true },
    })
    .extend({ nodes: list(place, `nodes: [${nodeExample}]`).default([]) });

/**
 * Reads the home that a stack's file describes.
 * @throws when it cannot be read, or lists every mistake in it
 */
export function readHome(file: string): Home {
    const values = Object.fromEntries(
        Object.entries(configIn(file))
            .filter(([key, value]) => key.startsWith("rekindle:") && !isEmptyMap(value))
            .map(([key, value]) => [key.replace("rekindle:", ""), value]),
    );
    const read = told.safeParse(values);
    const problems = read.success
        ? [
              ...checkEntries(read.data as Parameters<typeof checkEntries>[0]),
              ...checkServices(read.data),
          ]
        : read.error.issues.map(asProblem);
    if (!read.success || problems.length > 0) {
        throw new Error(report(problems, file));
    }
    const { grafana, telegram, heartbeat, alerts } = read.data;
    const alerting = alertingOf({ grafana, telegram, heartbeat, alerts });
    return homeOf({ ...read.data, alerting, apiHost: undefined });
}

function configIn(file: string): Record<string, unknown> {
    try {
        const { config } = parse(readFileSync(file, "utf8")) as {
            config?: Record<string, unknown>;
        };
        return config ?? {};
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
            `${file} is not a stack's configuration: ${reason}\nName another with --stack or --config-file; Pulumi.dev.yaml is an example.`,
        );
    }
}
