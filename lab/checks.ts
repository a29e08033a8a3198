import { answering, placedInOrder } from "../cold-start/route-paths";
import { healthHostname } from "../config/health";
import { object, type Values } from "../config/schema";
import { seenInFront } from "./cloudflare/in-front";
import { internetClient } from "./internet-client";
import type { Check } from "./report";
import { stackConfig } from "./stack-config";
import type { Visit } from "./visitor";

/** What the lab looks at after `up`, from outside the house: the tunnel, each record, and each hostname as a visitor. */
export async function checkHouse(): Promise<Check[]> {
    const internet = internetClient();
    const { tunnelName, hosts, health } = wanted();
    const [tunnels, records] = await Promise.all([internet.tunnels(), internet.records()]);
    const tunnel = tunnels.find((t) => t.name === tunnelName && t.deleted_at === null);
    const proof = judgedHealth(await internet.visit(`https://${health}/`));
    const checks: Check[] = [
        {
            name: `tunnel ${tunnelName}`,
            ok: tunnel?.status === "healthy" && proof.ok,
            detail: tunnel
                ? `${tunnel.status}, ${tunnel.connections.length} connections; ${health}: ${proof.detail}`
                : "no such tunnel",
        },
    ];
    for (const { hostname, expected } of hosts) {
        const target = `${tunnel?.id ?? ""}.cfargotunnel.com`;
        const record = records.find(
            (r) => r.name === hostname && ["A", "AAAA", "CNAME"].includes(r.type),
        );
        checks.push({
            name: `record ${hostname}`,
            ok: record?.type === "CNAME" && record.content === target && record.proxied,
            detail: record
                ? `${record.type} ${record.content}${record.proxied ? ", proxied" : ""}`
                : "no record",
        });
        if (hostname.startsWith("*.")) {
            continue;
        }
        const url = `https://${hostname}/`;
        const answer = await internet.visit(url);
        checks.push({ name: `GET ${url}`, ...judgedVisit(answer, expected) });
    }
    return checks;
}

type Judged = Pick<Check, "ok" | "detail">;

/** What a visit proves. An answer of something in front of the tunnel proves nothing, and so is no success. */
export function judgedVisit(answer: Visit, expected: (status: number) => boolean): Judged {
    if (!("status" in answer)) {
        return { ok: false, detail: answer.error };
    }
    const front = seenInFront(answer.status, answer.headers);
    return {
        ok: front === undefined && expected(answer.status),
        detail: front ?? `${answer.status} in ${answer.seconds.toFixed(2)} s`,
    };
}

/** What a look at the health hostname proves: only 204 is the connectors' own, and Cloudflare's 52x and 530 mean that none answers. */
export function judgedHealth(answer: Visit): Judged {
    const judged = judgedVisit(answer, (status) => status === 204);
    const isUnknown =
        "status" in answer && !judged.ok && (answer.status < 520 || answer.status > 530);
    return isUnknown && seenInFront(answer.status, answer.headers) === undefined
        ? {
              ok: false,
              detail: `cannot be judged: something in front answers, an answer ${answer.status}`,
          }
        : judged;
}

/** After `destroy`: no tunnel of this stack, and no record that points at one of its tunnels. */
export async function checkNothingLeft(): Promise<Check[]> {
    const internet = internetClient();
    const { tunnelName } = wanted();
    const [tunnels, records] = await Promise.all([internet.tunnels(), internet.records()]);
    const alive = tunnels.filter((t) => t.name === tunnelName && t.deleted_at === null);
    const targets = tunnels
        .filter((t) => t.name === tunnelName)
        .map((t) => `${t.id}.cfargotunnel.com`);
    const owned = records.filter((record) => targets.includes(record.content));
    return [
        {
            name: "no tunnel left",
            ok: alive.length === 0,
            detail: `${alive.length} named ${tunnelName}`,
        },
        {
            name: "no record left",
            ok: owned.length === 0,
            detail:
                owned.map((record) => record.name).join(", ") || `0 of ${records.length} records`,
        },
    ];
}

type Route = Values["routes"][number];

interface WantedHost {
    readonly hostname: string;
    /** Whether a status is what the route behind it should answer. */
    readonly expected: (status: number) => boolean;
}

/** Read with the program's own schema, so that both see the same names. */
function wanted(): { tunnelName: string; health: string; hosts: WantedHost[] } {
    const keys = { tunnel: true, routes: true, zones: true } as const;
    const { tunnel, routes, zones } = object.pick(keys).parse(stackConfig());
    return {
        tunnelName: tunnel.name,
        health: healthHostname(tunnel, zones),
        hosts: [...new Set(routes.map(({ hostname }) => hostname))].map((hostname) => ({
            hostname,
            expected: expectedAt(hostname, routes),
        })),
    };
}

/** What a stranger should get who asks a hostname for its first page, by the route that has it. */
export function expectedAt(hostname: string, routes: readonly Route[]): WantedHost["expected"] {
    const placed = answering(placedInOrder(routes), hostname, "/");
    if (placed === undefined) {
        return expectedStatus("http_status:404");
    }
    const { service, originRequest } = placed.route;
    return expectedStatus(originRequest?.access?.required === true ? "http_status:403" : service);
}

/** An answer of the origin; a route to http_status:N must answer exactly that. */
export function expectedStatus(service: string): (status: number) => boolean {
    const fixed = /^http_status:(\d{3})$/.exec(service)?.[1];
    return fixed === undefined
        ? (status) => status < 400 || status === 401 || status === 403
        : (status) => status === Number(fixed);
}
