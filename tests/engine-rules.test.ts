import assert from "node:assert/strict";
import { deletionWaves } from "../lab/engine/deletions";
import { parseDuration } from "../lab/engine/goal";
import type { ResourceState } from "../lab/engine/state";
import { isDefaultProvider, makeUrn, splitReference } from "../lab/engine/urn";
import { retryDelay } from "../lab/engine/providers/cloudflare-client";
import { completeInputs } from "../lab/engine/providers/kubernetes/inputs";
import { kindOf } from "../lab/engine/providers/kubernetes/kinds";
import { handOver } from "../lab/engine/providers/kubernetes/ownership";
import { kubernetesPackage } from "../lab/engine/providers/kubernetes/package";
import { isRolledOut, podProblems } from "../lab/engine/providers/kubernetes/ready";
import type { Values } from "../lab/engine/values";

const names = { stack: "dev", project: "p" };
const stack = makeUrn({ ...names, type: "pulumi:pulumi:Stack", name: "p-dev" });

describe("URNs", () => {
    it("carry the types of all parents but the stack", () => {
        const parent = makeUrn({ ...names, parent: stack, type: "a:b:C", name: "outer" });
        const child = makeUrn({ ...names, parent, type: "d:e:F", name: "inner" });
        assert.equal(parent, "urn:pulumi:dev::p::a:b:C::outer");
        assert.equal(child, "urn:pulumi:dev::p::a:b:C$d:e:F::inner");
        assert.deepEqual(splitReference(`${child}::some-id`), { urn: child, id: "some-id" });
    });

    it("tell a provider that Pulumi made from one of the program", () => {
        const provider = (name: string) => makeUrn({ ...names, type: "pulumi:providers:x", name });
        assert.ok(isDefaultProvider(provider("default_1_2_1")));
        assert.ok(!isDefaultProvider(provider("mine")));
    });
});

describe("deletionWaves", () => {
    const state = (name: string, more: Partial<ResourceState> = {}): ResourceState => ({
        ...{ urn: `urn:pulumi:dev::p::t:t:T::${name}`, type: "t:t:T", custom: true, inputs: {} },
        ...{ outputs: {}, dependencies: [], propertyDependencies: {} },
        ...more,
    });

    it("are as Pulumi's: what leans on nothing else goes last, and together", () => {
        const base = state("base");
        const dependent = state("dependent", { dependencies: [base.urn] });
        const child = state("child", { parent: base.urn });
        const made = state("made", { provider: `${base.urn}::id` });
        const guest = state("guest", { deletedWith: dependent.urn });
        const apart = state("apart");
        assert.deepEqual(deletionWaves([base, apart, dependent, child, made, guest]), [
            [guest],
            [dependent, child, made],
            [base, apart],
        ]);
        assert.deepEqual(deletionWaves([]), []);
    });
});

describe("parseDuration", () => {
    it("reads Go's durations as seconds", () => {
        assert.equal(parseDuration("90s"), 90);
        assert.equal(parseDuration("1h30m"), 5400);
        assert.equal(parseDuration("500ms"), 0.5);
        assert.equal(parseDuration(""), undefined);
        assert.throws(() => parseDuration("20 minutes"), /"20 minutes" is not a duration/);
    });
});

describe("Cloudflare retries", () => {
    const headers = (values: Record<string, string> = {}) => new Headers(values);

    it("try again what can get better, ever more slowly up to 30 s", () => {
        const waits = [0, 1, 5].map((n) => retryDelay(n, { status: 503, headers: headers() }));
        assert.deepEqual(waits, [2000, 4000, 30_000]);
        assert.equal(retryDelay(0, { headers: headers() }), 2000);
        assert.equal(retryDelay(0, { status: 400, headers: headers() }), undefined);
    });

    it("do as the server says", () => {
        const after = (seconds: string) => headers({ "retry-after": seconds });
        assert.equal(retryDelay(4, { status: 429, headers: after("7") }), 7000);
        assert.equal(retryDelay(0, { status: 429, headers: after("300") }), 2000);
        const never = headers({ "x-should-retry": "false" });
        assert.equal(retryDelay(0, { status: 409, headers: never }), undefined);
    });
});

describe("Kubernetes inputs", () => {
    const map = kindOf("kubernetes:core/v1:ConfigMap");
    const nameOf = (inputs: Values) => (inputs["metadata"] as Values)["name"] as string;

    it("get a name of their own, which stays on later runs", () => {
        const first = completeInputs(map, "settings", { data: {} }, undefined, "default");
        assert.match(nameOf(first), /^settings-[0-9a-f]{8}$/);
        assert.deepEqual(first["metadata"], {
            annotations: { "pulumi.com/autonamed": "true" },
            ...{ name: nameOf(first), namespace: "default" },
        });
        const later = completeInputs(map, "settings", { data: { a: "b" } }, first, "default");
        assert.equal(nameOf(later), nameOf(first));
    });

    it("carry a Secret's texts as data", () => {
        const secretKind = kindOf("kubernetes:core/v1:Secret");
        const given = { metadata: { name: "s" }, data: { a: "YQ==" }, stringData: { token: "t✓" } };
        const { data, ...rest } = completeInputs(secretKind, "s", given, undefined, "n");
        assert.deepEqual(data, { a: "YQ==", token: Buffer.from("t✓").toString("base64") });
        assert.deepEqual(rest, { metadata: { name: "s", namespace: "n" } });
    });

    it("are refused with an annotation that the engine does not follow", () => {
        const given = { metadata: { annotations: { "pulumi.com/skipAwait": "true" } } };
        assert.throws(
            () => completeInputs(map, "m", given, undefined, "default"),
            /the annotation pulumi\.com\/skipAwait is not handled/,
        );
    });
});

describe("a Kubernetes provider's cluster", () => {
    const config = (server: string) => ({
        kubeconfig: `{current-context: a, contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: {server: "${server}"}}]}`,
    });
    const { replaces } = kubernetesPackage;

    it("is another one when its address changes, unless an identifier says that it is the same", () => {
        const [old, now] = [config("https://10.0.0.1:6443"), config("https://10.0.0.2:6443")];
        assert.deepEqual(replaces(old, now), ["kubeconfig"]);
        assert.deepEqual(replaces(old, old), []);
        const known = { clusterIdentifier: "home" };
        assert.deepEqual(replaces({ ...old, ...known }, { ...now, ...known }), []);
        const other = { ...now, clusterIdentifier: "other" };
        assert.deepEqual(replaces({ ...old, ...known }, other), ["clusterIdentifier"]);
    });
});

describe("a Deployment's rollout", () => {
    const complete = {
        spec: { replicas: 2 },
        status: {
            ...{ observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
            conditions: [
                { type: "Available", status: "True" },
                { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
            ],
        },
    };

    it("is over when all pods are new and available", () => {
        assert.ok(isRolledOut(complete, 3));
    });

    it("is not over for an older generation, nor while an old pod is left", () => {
        assert.ok(!isRolledOut(complete, 4));
        const surging = { ...complete, status: { ...complete.status, replicas: 3 } };
        assert.ok(!isRolledOut(surging, 3));
    });

    it("tells why a pod of the newest template is not ready", () => {
        const pod = (name: string, made: string, status: Values) => ({
            metadata: { name, creationTimestamp: made, labels: { "pod-template-hash": made } },
            status,
        });
        const waiting = (reason: string) => ({
            containerStatuses: [{ state: { waiting: { reason, message: "no such image" } } }],
        });
        const scheduled = { type: "PodScheduled", status: "False" };
        const full = { ...scheduled, reason: "Unschedulable", message: "0/3 nodes are available" };
        const pods = [
            pod("old", "2026-01-01", waiting("CrashLoopBackOff")),
            pod("new", "2026-01-02", waiting("ErrImagePull")),
            pod("waits", "2026-01-02", { conditions: [full] }),
        ];
        assert.deepEqual(podProblems(pods, { metadata: { namespace: "n" } }), [
            "[Pod n/new]: [ErrImagePull] no such image",
            "[Pod n/waits]: [Unschedulable] 0/3 nodes are available",
        ]);
    });
});

describe("handOver", () => {
    const entry = (manager: string, operation: string, fieldsV1: Values) => ({
        ...{ manager, operation, apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1 },
    });

    it("gives what was created client-side to the resource's own manager", () => {
        const created = entry("pulumi-kubernetes", "Update", { "f:data": { "f:a": {} } });
        const others = entry("kube-controller-manager", "Update", { "f:status": {} });
        const managedFields = [created, others];
        const live = { metadata: { resourceVersion: "7", managedFields } };
        assert.deepEqual(handOver(live, "pulumi-kubernetes-1234abcd"), [
            {
                ...{ op: "replace", path: "/metadata/managedFields" },
                value: [
                    others,
                    { ...created, manager: "pulumi-kubernetes-1234abcd", operation: "Apply" },
                ],
            },
            { op: "replace", path: "/metadata/resourceVersion", value: "7" },
        ]);
    });

    it("has nothing to do once that has happened", () => {
        const managedFields = [entry("pulumi-kubernetes-1234abcd", "Apply", {})];
        const live = { metadata: { resourceVersion: "8", managedFields } };
        assert.equal(handOver(live, "pulumi-kubernetes-1234abcd"), undefined);
    });
});
