import { LocalWorkspace, type ConfigMap, type Stack } from "@pulumi/pulumi/automation";
import { homeOf } from "../cold-start/home";
import { apiHostOf, checkConfig, report } from "../config/check";
import { alertingOf } from "../config/alerting";
import { protectedIn } from "./protected";
import { needsItself } from "./readable";
import type { HomeStack } from "./home-house";
import type { StackRun } from "./house";
import { project } from "../lab/paths";
import { projectName } from "../lab/stack-place";

/**
 * A home's stack through Pulumi's own Automation API: it needs `pulumi` here, its backend and its passphrase.
 * @throws when there is no such stack, or its configuration has mistakes; nothing was broken
 */
export async function homeStack(name: string): Promise<HomeStack> {
    const stack = await LocalWorkspace.selectStack({ stackName: name, workDir: project }).catch(
        (error: unknown) => {
            throw new Error(
                `The stack ${name} cannot be read: ${(error as Error).message.trim()}\nNothing was broken. \`pulumi stack ls\` shows the stacks of this backend; \`pulumi\` itself has to be installed.`,
                { cause: error },
            );
        },
    );
    const checked = checkConfig(ownValues(await stack.getAllConfig()));
    if ("problems" in checked) {
        throw new Error(report(checked.problems, name));
    }
    const { values } = checked;
    return {
        ...{ name, values, alerting: alertingOf(values) },
        pulumi: async (command) => runCommand(stack, command),
        unreadable: async () => [
            ...needsItself(
                homeOf({
                    ...values,
                    alerting: alertingOf(values),
                    apiHost: apiHostOf(values.kubeconfig),
                }),
            ),
            ...(await unreadable(stack)),
        ],
        kept: async () => protectedIn(await stack.exportStack()),
    };
}

/** The project's keys without their prefix, as `config.ts` takes them. */
export function ownValues(config: ConfigMap): Record<string, string> {
    const prefix = `${projectName}:`;
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, { value }]) => [key.slice(prefix.length), value]),
    );
}

async function runCommand(stack: Stack, command: "up" | "destroy"): Promise<StackRun> {
    let output = "";
    const onOutput = (text: string) => {
        output += text;
    };
    try {
        const { summary } = await stack[command]({ onOutput, color: "never" });
        const changes = Object.entries(summary.resourceChanges ?? {})
            .filter(([op]) => op !== "same")
            .reduce((sum, [, count]) => sum + count, 0);
        return { ok: true, output, changes };
    } catch (error) {
        return { ok: false, output: `${output}\n${(error as Error).message}`, changes: 0 };
    }
}

/** The state is asked for as a whole: a backend that is in the house, or behind its tunnel, is told by the cold-start proof. */
async function unreadable(stack: Stack): Promise<string[]> {
    try {
        await stack.exportStack();
        return [];
    } catch (error) {
        return [`the state of ${stack.name} cannot be read: ${(error as Error).message.trim()}`];
    }
}
