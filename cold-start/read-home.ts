import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { apiHostOf, asProblem, report, unknownKeys, unpacked } from "../config/check";
import { alertingOf } from "../config/alerting";
import { checkEntries } from "../config/entries";
import { isEmptyMap, list } from "../config/fields";
import { node, nodeExample } from "../config/nodes";
import { object } from "../config/schema";
import { checkServices } from "../config/services";
import { homeOf, type Home } from "./home";

/** A Pi without what only those who log in to it need: the committed example has no host keys. */
const { name, address, role, port, resolvers } = node.shape;
const place = z.object({ name, address, role, port, resolvers });
/** What the proof reads, and no secret: it works without a passphrase. */
const told = object
    .pick({
        ...{ zones: true, routes: true, images: true, cloudflareUrl: true, grafana: true },
        ...{ heartbeat: true, alerts: true, services: true, resolvers: true },
        ...{ clusterDns: true, stateUrl: true, gitUrl: true, secretsUrl: true },
    })
    // Whether there is a chat counts; its id may be a secret.
    .extend({
        nodes: list(place, `nodes: [${nodeExample}]`).default([]),
        telegram: z.unknown().optional(),
    });

/**
 * Reads the home that a stack's file describes.
 * @throws when it cannot be read, or lists every mistake in it
 */
export function readHome(file: string): Home {
    const entries = Object.entries(configIn(file))
        .filter(([key]) => key.startsWith("rekindle:"))
        .map(([key, value]) => [key.slice("rekindle:".length), value] as const)
        .map(([key, value]) => [key, unpacked(key, value)] as const);
    const values = Object.fromEntries(entries.filter(([, value]) => !isEmptyMap(value)));
    const read = told.safeParse(values);
    const problems = [
        ...unknownKeys(values),
        ...(read.success
            ? [
                  ...checkEntries(read.data as Parameters<typeof checkEntries>[0]),
                  ...checkServices(read.data),
              ]
            : read.error.issues.map(asProblem)),
    ];
    if (!read.success || problems.length > 0) {
        throw new Error(report(problems, file));
    }
    const { grafana, heartbeat, alerts } = read.data;
    const telegram = read.data.telegram === undefined ? undefined : { chatId: "" };
    const alerting = alertingOf({ grafana, telegram, heartbeat, alerts });
    // Mostly a secret.
    const { kubeconfig } = values;
    const apiHost = typeof kubeconfig === "string" ? apiHostOf(kubeconfig) : undefined;
    return homeOf({ ...read.data, alerting, apiHost });
}

function configIn(file: string): Record<string, unknown> {
    try {
        const read = parse(readFileSync(file, "utf8")) as {
            config?: Record<string, unknown> | null;
        } | null;
        // An empty file is a stack whose every key is missing.
        return read?.config ?? {};
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
            `${file} is not a stack's configuration: ${reason}\nName another with --stack or --config-file; Pulumi.dev.yaml is an example.`,
        );
    }
}
