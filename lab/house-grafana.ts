import { eventually } from "./eventually";
import { grafanaUrl } from "./facts";
import { internetClient } from "./internet-client";
import { labSecrets } from "./secrets";

/** Waits for Grafana on the LAN: kube-proxy's rules come some seconds after its pod is ready. @throws when they do not */
export async function grafanaAnswers(): Promise<void> {
    await eventually(60, async () => {
        const answer = await internetClient().visit(`${grafanaUrl}/api/health`);
        if (!("status" in answer) || answer.status !== 200) {
            throw new Error(`Grafana's pod is ready, and ${grafanaUrl} does not answer.`);
        }
    });
}

/**
 * Asks the house's Grafana, as its administrator does from a computer at home.
 * @param path from /api on
 * @throws with the reason when it does not answer with success
 */
export async function askGrafana<T>(
    path: string,
    method = "GET",
    body?: object,
    headers: Readonly<Record<string, string>> = {},
): Promise<T> {
    const login = Buffer.from(labSecrets().grafanaAuth).toString("base64");
    const answer = await internetClient().visit({
        ...{ url: `${grafanaUrl}${path}`, method },
        headers: {
            ...{ authorization: `Basic ${login}`, "content-type": "application/json" },
            ...headers,
        },
        body: body && JSON.stringify(body),
    });
    if ("error" in answer || answer.status >= 300) {
        const why = "error" in answer ? answer.error : `${answer.status} ${answer.body}`;
        throw new Error(`Grafana at ${grafanaUrl} does not ${method} ${path}: ${why}`);
    }
    return (answer.body === "" ? undefined : JSON.parse(answer.body)) as T;
}
