// The drill `cold` as on a real home, run in the lab's network against the lab's house: every call goes where a home's would. What only a
// person or `pulumi` can do there, the test does: each is a line on standard output, and is done when one comes back.
//
//   node --import tsx tests/lab/as-home.ts    Prints the record as the last line

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parse } from "yaml";
import { checkConfig, report } from "../../config/check";
import { alertingOf } from "../../config/alerting";
import { isEmptyMap } from "../../config/fields";
import { cold } from "../../drills/cold";
import { homeHouse } from "../../drills/home-house";
import { runDrill } from "../../drills/run";
import { passphraseCrypter } from "../../lab/pulumi/passphrase";
import { stackName, stackPlace } from "../../lab/stack-place";

/** The stack's configuration as `pulumi config --show-secrets` gives it: text, structures as JSON. */
function configuration() {
    const { configFile, passphrase } = stackPlace();
    const { encryptionsalt, config } = parse(readFileSync(configFile, "utf8")) as {
        encryptionsalt: string;
        config: Record<string, unknown>;
    };
    const crypter = passphraseCrypter(passphrase, encryptionsalt);
    const text = (value: unknown) => {
        const { secure } = value as { secure?: string };
        return secure !== undefined
            ? crypter.decrypt(secure)
            : typeof value === "string"
              ? value
              : JSON.stringify(value);
    };
    const raw = Object.entries(config)
        .filter(([, value]) => !isEmptyMap(value))
        .map(([key, value]) => [key.replace("rekindle:", ""), text(value)]);
    const checked = checkConfig(Object.fromEntries(raw) as Record<string, string>);
    if ("problems" in checked) {
        throw new Error(report(checked.problems, stackName));
    }
    return checked.values;
}

async function main(): Promise<void> {
    const answers = createInterface(process.stdin);
    const ask = async (what: string) => {
        const answered = once(answers, "line");
        console.log(what);
        const [answer] = (await answered) as [string];
        return answer;
    };
    const values = configuration();
    const house = homeHouse(
        {
            ...{ name: stackName, values, alerting: alertingOf(values) },
            pulumi: async (command) => {
                const changes = Number(await ask(`pulumi ${command}`));
                return { ok: Number.isInteger(changes), output: "", changes };
            },
            unreadable: async () => Promise.resolve([]),
        },
        async (question) => {
            await ask(question);
        },
    );
    try {
        const never = new AbortController().signal;
        const record = await runDrill(cold, house, console.error, never);
        console.log(JSON.stringify(record));
    } finally {
        house.close();
        answers.close();
    }
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
