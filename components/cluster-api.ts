import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { isIP } from "node:net";

/**
 * Where the cluster's DNS answers, or why nobody can say. `unreachable` may pass; `unknown` does only with `mayCome`, while a k3s that has just
 * started adds what belongs to it.
 */
export type Found =
    | { readonly addresses: readonly string[] }
    | { readonly unreachable: string }
    | { readonly unknown: string; readonly mayCome?: true };

interface Kubeconfig {
    readonly "current-context"?: string;
    readonly contexts?: readonly { name: string; context?: { cluster?: string; user?: string } }[];
    readonly clusters?: readonly { name: string; cluster?: Fields }[];
    readonly users?: readonly { name: string; user?: Fields }[];
}
type Fields = Readonly<Record<string, unknown>>;

const services = "/api/v1/namespaces/kube-system/services";
/** What a network, or an API that is about to start, answers. */
const passing =
    /^(ECONN\w+|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|ABORT_ERR)$/;

/**
 * Reads the addresses of kube-system's Service kube-dns, or of the one with its label, with one GET or two. Changes nothing.
 * @param patience of each request, in milliseconds
 */
export async function readClusterDns(kubeconfig: string, patience: number): Promise<Found> {
    try {
        const { url, options } = await accessOf(kubeconfig);
        const get = async (path: string) => ask(`${url}${path}`, options, patience);
        const named = await get(`${services}/kube-dns`);
        const found =
            named.status === 404
                ? await get(`${services}?labelSelector=k8s-app%3Dkube-dns`)
                : named;
        if (found.status >= 500 || found.status === 429) {
            return { unreachable: `its API answers ${found.status}` };
        }
        const none = "kube-system has no Service kube-dns with an address";
        if (found.status === 404) {
            return { unknown: none, mayCome: true };
        }
        if (found.status !== 200) {
            return { unknown: `its API answers ${found.status} to this kubeconfig's user` };
        }
        const addresses = addressesIn(found.body);
        return addresses.length > 0 ? { addresses } : { unknown: none, mayCome: true };
    } catch (error) {
        const { code = "", name, message } = error as NodeJS.ErrnoException;
        const isPassing = passing.test(code) || name === "TimeoutError" || name === "AbortError";
        return isPassing ? { unreachable: message } : { unknown: message };
    }
}

interface Service {
    readonly metadata?: { readonly name?: string };
    readonly spec?: {
        readonly clusterIP?: string;
        readonly clusterIPs?: readonly string[];
        readonly ports?: readonly { readonly port: number }[];
    };
}

/** Several Services can have the label: one for metrics, and the one by which a node-local cache asks, whose address is none for pods. */
function addressesIn(body: string): string[] {
    const { items, ...one } = JSON.parse(body) as Service & { items?: readonly Service[] };
    const addresses = (items ?? [one])
        .filter(
            ({ metadata, spec }) =>
                metadata?.name !== "kube-dns-upstream" &&
                spec?.ports?.some(({ port }) => port === 53) !== false,
        )
        .map(({ spec }) => spec?.clusterIPs ?? [spec?.clusterIP ?? ""])
        .map((all) => all.filter((address) => isIP(address) !== 0));
    return addresses.find((all) => all.length > 0) ?? [];
}

/** @throws when the kubeconfig logs in by what only other programs can do */
async function accessOf(kubeconfig: string): Promise<{ url: string; options: RequestOptions }> {
    const config = await readYaml(kubeconfig);
    const { contexts = [], clusters = [], users = [] } = config;
    const context = named(contexts, config["current-context"])?.context;
    const cluster = named(clusters, context?.cluster)?.cluster ?? {};
    const user = named(users, context?.user)?.user ?? {};
    const other = ["exec", "auth-provider"].find((key) => user[key] !== undefined);
    if (other !== undefined || cluster["proxy-url"] !== undefined) {
        throw new Error(
            `the kubeconfig uses ${other ?? "proxy-url"}, which only kubectl understands`,
        );
    }
    const [token, login] = [content(user, "token", "tokenFile"), textOf(user["username"])];
    const basic = Buffer.from(`${login ?? ""}:${textOf(user["password"]) ?? ""}`).toString(
        "base64",
    );
    const authorization =
        token !== undefined
            ? `Bearer ${token.trim()}`
            : login === undefined
              ? undefined
              : `Basic ${basic}`;
    return {
        url: (textOf(cluster["server"]) ?? "").replace(/\/$/, ""),
        options: {
            ca: data(cluster, "certificate-authority"),
            cert: data(user, "client-certificate"),
            key: data(user, "client-key"),
            servername: textOf(cluster["tls-server-name"]),
            rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
            headers: {
                accept: "application/json",
                ...(authorization === undefined ? {} : { authorization }),
            },
            agent: false,
        },
    };
}

/** @throws without any of the text: the parser's own errors quote the line, which may hold a key */
async function readYaml(kubeconfig: string): Promise<Kubeconfig> {
    // Loaded by nothing else in a run.
    const { LineCounter, parseDocument } = await import("yaml");
    const lineCounter = new LineCounter();
    const document = parseDocument(kubeconfig, { lineCounter });
    const [error] = document.errors;
    if (error !== undefined) {
        const { line } = lineCounter.linePos(error.pos[0]);
        throw new Error(`the kubeconfig is no YAML: see its line ${line}`);
    }
    try {
        return (document.toJS() ?? {}) as Kubeconfig;
    } catch {
        throw new Error("the kubeconfig is no YAML: it refers to an anchor that is not there");
    }
}

/** The entry of this name; the only one where none is named. */
function named<T extends { readonly name: string }>(
    entries: readonly T[],
    name: string | undefined,
): T | undefined {
    return name !== undefined && name !== ""
        ? entries.find((entry) => entry.name === name)
        : entries[0];
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

function content(fields: Fields, key: string, fileKey: string): string | undefined {
    const file = textOf(fields[fileKey]);
    return textOf(fields[key]) ?? (file === undefined ? undefined : readFileSync(file, "utf8"));
}

function data(fields: Fields, key: string): Buffer | undefined {
    const [encoded, file] = [textOf(fields[`${key}-data`]), textOf(fields[key])];
    if (encoded !== undefined) {
        return Buffer.from(encoded, "base64");
    }
    return file === undefined ? undefined : readFileSync(file);
}

function ask(
    url: string,
    options: RequestOptions,
    patience: number,
): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
        const send = url.startsWith("http:") ? requestHttp : requestHttps;
        const signal = AbortSignal.timeout(patience);
        const request = send(url, { ...options, signal }, (response) => {
            let body = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => (body += chunk));
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, body });
            });
            response.on("error", reject);
        });
        request.on("error", reject);
        request.end();
    });
}
