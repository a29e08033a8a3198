import assert from "node:assert/strict";
import { kubeconfigFile } from "../../lab/paths";
import { destroy, House, points } from "../engine/house";
import { kube } from "./lab";

/** One of each kind that the program makes, one after the other; `greeting` is what the ConfigMap and the pod carry. */
const program = (greeting: string) => `
const space = new kubernetes.core.v1.Namespace("cut", {});
const metadata = { namespace: space.metadata.name };
const labels = { app: "cut" };
const priority = new kubernetes.scheduling.v1.PriorityClass("cut", { value: 5 }, { dependsOn: space });
const config = new kubernetes.core.v1.ConfigMap("cut", { metadata, data: { greeting: "${greeting}" } }, { dependsOn: priority });
const secret = new kubernetes.core.v1.Secret("cut", { metadata, stringData: { greeting: "${greeting}" } }, { dependsOn: config });
const budget = new kubernetes.policy.v1.PodDisruptionBudget("cut", { metadata, spec: { minAvailable: 0, selector: { matchLabels: labels } } }, { dependsOn: secret });
const container = { name: "cut", image: "localhost/busy:1", command: ["sh", "-c", "sleep 100000"], env: [{ name: "GREETING", value: "${greeting}" }] };
const spec = { containers: [container], priorityClassName: priority.metadata.name, terminationGracePeriodSeconds: 1 };
const deployment = new kubernetes.apps.v1.Deployment("cut", { metadata, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } }, { dependsOn: budget });
new kubernetes.core.v1.Service("cut", { metadata, spec: { selector: labels, ports: [{ port: 80 }] } }, { dependsOn: deployment });
`;
const kinds = ["Namespace", "PriorityClass", "ConfigMap", "Secret", "PodDisruptionBudget"];
const all = [...kinds, "Deployment", "Service"].map((kind) => `${kind} cut`);

/** Everything of that program in the cluster, each as often as it is there, without its random digits. */
async function inCluster(): Promise<string[]> {
    const plurals =
        "namespaces,priorityclasses,configmaps,secrets,poddisruptionbudgets,deployments,services";
    const lines = (await kube("get", plurals, "-A", "-o", "name")).split("\n");
    return lines.flatMap((line) => /^([a-z]+).*\/cut-[0-9a-f]{8}$/.exec(line)?.[1] ?? []).sort();
}
const whole = all.map((what) => what.split(" ")[0]?.toLowerCase()).sort();

// Each run mends the cut before it and is cut itself at the next point.
describe("the bundled engine, killed at each point of each kind's steps", function () {
    this.timeout(300_000);
    const house = new House({ insideLab: true, env: { KUBECONFIG: kubeconfigFile } });
    after(() => {
        house.remove();
    });

    it("creations: nothing is made twice, and the last run converges", async () => {
        house.program(program("one"));
        for (const what of all) {
            for (const point of points) {
                await house.cutOff(`${point} create ${what}`);
            }
        }
        await house.converges();
        assert.deepEqual(await inCluster(), whole);
    });

    it("changes and replacements: the last run converges, and nothing is left over", async () => {
        house.program(program("two"));
        const changes = [
            ...["create-replacement ConfigMap cut", "create-replacement Secret cut"],
            ...[
                "update Deployment cut",
                "delete-replaced Secret cut",
                "delete-replaced ConfigMap cut",
            ],
        ];
        for (const what of changes) {
            for (const point of points) {
                await house.cutOff(`${point} ${what}`);
            }
        }
        await house.converges();
        assert.deepEqual(await inCluster(), whole);
    });

    it("deletions: the last run leaves nothing", async () => {
        for (const what of [...all].reverse()) {
            for (const point of points) {
                await house.cutOff(`${point} delete ${what}`, destroy);
            }
        }
        await house.converges(destroy);
        assert.deepEqual(await inCluster(), []);
    });

    it("an object with a name of its own may be somebody else's: it is named, and the command that removes it", async () => {
        house.program(
            `new kubernetes.core.v1.ConfigMap("fixed", { metadata: { name: "cut-fixed" }, data: { a: "b" } });`,
        );
        await house.cutOff("after-call create ConfigMap fixed");
        const { exit, errors } = await house.run();
        assert.equal(exit, 1);
        const remedy =
            /`kubectl (delete configmaps cut-fixed --namespace default)` removes it/.exec(errors);
        assert.ok(remedy?.[1] !== undefined, errors);
        await kube(...remedy[1].split(" "));
        await house.converges();
        await house.converges(destroy);
    });
});
