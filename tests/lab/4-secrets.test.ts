import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { accountId, pis } from "../../lab/facts";
import { internetClient } from "../../lab/internet-client";
import { dotLab, kubeconfigFile, runRoot, sshKeyFile } from "../../lab/paths";
import { labSecrets } from "../../lab/secrets";
import { ssh } from "../../lab/ssh";
import { kube, rekindle, verb } from "./lab";
import { secretsIn } from "./secret-forms";

const internet = internetClient();

/** All that must stand nowhere, under names to tell them by. */
async function secretValues(when: string): Promise<Record<string, string>> {
    const { cloudflareToken, dnsToken, tunnelSecret, passphrase } = labSecrets();
    const { telegramToken, heartbeatSecret, grafanaAuth } = labSecrets();
    const kubeconfig = parse(readFileSync(kubeconfigFile, "utf8")) as {
        users: { user: { "client-key-data": string } }[];
    };
    const clientKey = kubeconfig.users[0]?.user["client-key-data"] ?? "";
    const keyLines = (pem: string) => pem.trim().split("\n").slice(2, -2).join("\n");
    const tunnels = await internet.tunnels();
    const tunnel = tunnels.find(({ deleted_at }) => deleted_at === null);
    const token = JSON.stringify({ a: accountId, t: tunnel?.id, s: tunnelSecret });
    const values = {
        ...{ cloudflareToken, dnsToken, tunnelSecret, passphrase },
        ...{
            telegramToken,
            heartbeatSecret,
            "Grafana's password": grafanaAuth.split(":")[1] ?? "",
        },
        "tunnel token": Buffer.from(token).toString("base64"),
        "kubeconfig's key": keyLines(Buffer.from(clientKey, "base64").toString()),
        "SSH key": keyLines(readFileSync(sshKeyFile, "utf8")),
    };
    return Object.fromEntries(
        Object.entries(values).map(([name, value]) => [`${when} ${name}`, value]),
    );
}

/** Each command line and each environment of a pod's process on this machine; the Pis share its kernel. */
function processes(): { commands: string; podEnvironments: string } {
    const read = (pid: string, file: string) => {
        try {
            return readFileSync(join("/proc", pid, file), "utf8").replaceAll("\0", " ");
        } catch {
            // It ended since.
            return "";
        }
    };
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return {
        commands: pids.map((pid) => read(pid, "cmdline")).join("\n"),
        podEnvironments: pids
            .filter((pid) => read(pid, "cgroup").includes("/kubepods"))
            .map((pid) => read(pid, "environ"))
            .join("\n"),
    };
}

/** Removes a record of ours, and has the house's own job make it again. */
async function madeAgain(hostname: string): Promise<void> {
    const named = async () => (await internet.records()).filter(({ name }) => name === hostname);
    await Promise.all((await named()).map(({ id }) => internet.removeRecord(id)));
    assert.deepEqual(await named(), []);
    const columns = "custom-columns=A:.metadata.namespace,B:.metadata.name";
    const list = ["-A", "-l", "app.kubernetes.io/name=cloudflared", "--no-headers", "-o", columns];
    const deployments = await kube("get", "deployments", ...list);
    const [namespace = ""] = deployments.trim().split(/ +/);
    const cron = await kube("get", "cronjobs", "-n", namespace, "-o", "name");
    const job = `rotated-${Date.now()}`;
    await kube("create", "job", job, "-n", namespace, `--from=${cron.trim()}`);
    await kube("wait", `job/${job}`, "-n", namespace, "--for=condition=Complete", "--timeout=90s");
    assert.equal((await named()).length, 1);
    await kube("delete", "job", job, "-n", namespace);
}

function filesBelow(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
}

describe("secrets", () => {
    let poll: string;
    let values: Record<string, string>;
    /** Place → the secrets that stood there. */
    const found: Record<string, string[]> = {};
    const look = (place: string, text: string) => {
        const names = secretsIn(text, values);
        if (names.length > 0) {
            found[place] = names;
        }
    };
    let watching: NodeJS.Timeout;
    let seenEnvironments = 0;

    before("somebody visits git all along; every process is looked at all along", async () => {
        values = await secretValues("older");
        watching = setInterval(() => {
            const { commands, podEnvironments } = processes();
            seenEnvironments = Math.max(seenEnvironments, podEnvironments.length);
            look("a command line", commands);
            look("a pod's environment", podEnvironments);
        }, 250);
        poll = await internet.startPoll({
            url: "https://git.home.example/",
            everyMs: 100,
            maxSeconds: 1200,
        });
    });
    after(() => {
        clearInterval(watching);
    });

    it("rotate: a new tunnel secret and a new DNS token by one `up`", async () => {
        await verb("rotate", "tunnel-secret");
        await verb("rotate", "dns-token");
        values = { ...values, ...(await secretValues("new")) };
        const up = await rekindle("up");
        assert.equal(up.exit, 0, up.output);
        look("the output of `up`", up.output);
        const changed = (up.report.changes ?? []).map(({ urn }) => urn.split("::").pop());
        assert.ok(changed.includes("tunnel-credentials"), changed.join());
        assert.ok(changed.includes("tunnel-dns-token"), changed.join());
        look("the output of `preview`", (await rekindle("preview")).output);
        // From here on only the new token can make a record.
        await verb("revoke", "dns-token");
        await madeAgain("tunnel-health-dev.home.example");
    });

    it("rotated without one lost request", async () => {
        const { counts, failures } = await internet.stopPoll(poll);
        assert.deepEqual(Object.keys(counts), ["200"], JSON.stringify(failures));
        console.log(`        ${counts["200"] ?? 0} visits, all answered 200`);
        assert.ok((counts["200"] ?? 0) > 100);
    });

    it("stand in no command line, log, report, pod's environment or plain state, in no form", async () => {
        clearInterval(watching);
        assert.ok(seenEnvironments > 1000, "no pod's environment was seen");
        for (const file of filesBelow(dotLab)) {
            look(file, readFileSync(file, "utf8"));
        }
        look(
            "the log of the stand-in internet",
            readFileSync(join(runRoot, "internet.log"), "utf8"),
        );
        await Promise.all(
            pis.map(async (pi) => {
                look(`${pi.name}'s journal`, await ssh(pi, ["sudo", "journalctl", "--no-pager"]));
                const logs = ["sudo", "find", "/var/log", "-type", "f", "-exec", "cat", "{}", "+"];
                look(`${pi.name}'s logs`, await ssh(pi, logs));
            }),
        );
        // Everything in the cluster but Secrets.
        const kinds = [
            "all",
            "configmaps",
            "events",
            "endpointslices",
            "pdb",
            "priorityclasses",
            "namespaces",
        ];
        look(
            "the cluster",
            await kube("get", kinds.join(), "-A", "-o", "json", "--show-managed-fields"),
        );
        look("the requests", JSON.stringify(await internet.requests()));
        assert.deepEqual(found, {});
    });

    it("would be found: they are where they belong", async () => {
        const secrets = await kube("get", "secrets", "-A", "-o", "json");
        assert.deepEqual(secretsIn(secrets, values).sort(), [
            // In the lab's own namespace: that of a Grafana that was there before.
            ...["new Grafana's password", "new dnsToken", "new tunnel token"],
            "older Grafana's password",
        ]);
    });
});
