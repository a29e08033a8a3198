import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { watchWorkloads } from "../cold-start";
import { digest, forge, homeWith, images, route } from "./cold-start-homes";
import { registrations } from "./registrations";

const behind = "git.home.example/me/blog:1";
const pod = (image: pulumi.Input<string>, list = "containers") => ({
    containers: [{ name: "other", image: "docker.io/library/node:24" }],
    [list]: [{ name: "web", image }],
});
const template = (image: pulumi.Input<string>, list?: string) => ({ spec: pod(image, list) });
const selector = { matchLabels: { app: "blog" } };

/** Registers a resource in a home that watches its workloads; the message that refuses it, or what was registered. */
async function register(
    make: (opts: pulumi.CustomResourceOptions) => unknown,
    changes: Readonly<Record<string, unknown>> = {},
    preview = false,
): Promise<{ refused: string } | { images: string[] }> {
    const watch = watchWorkloads(homeWith(changes));
    let refused: unknown;
    const all = await registrations(({ transformations }) => {
        try {
            make({ transformations: [watch, ...(transformations ?? [])] });
        } catch (error) {
            refused = error;
        }
    }, preview);
    if (refused !== undefined) {
        assert.ok(pulumi.RunError.isInstance(refused));
        assert.ok(!all.some(({ type }) => type.startsWith("kubernetes:")), "it was registered");
        return { refused: refused.message };
    }
    const texts = JSON.stringify(all.map(({ inputs }) => inputs));
    return { images: [...texts.matchAll(/"image":"([^"]+)"/g)].map(([, image = ""]) => image) };
}

const blog =
    (image: pulumi.Input<string>, labels: Record<string, string> = {}) =>
    (opts: pulumi.CustomResourceOptions) =>
        new k8s.apps.v1.Deployment(
            "blog",
            { metadata: { labels }, spec: { selector, template: template(image) } },
            opts,
        );

describe("watchWorkloads", () => {
    const kinds: Readonly<Record<string, (opts: pulumi.CustomResourceOptions) => unknown>> = {
        Pod: (opts) => new k8s.core.v1.Pod("blog", { spec: pod(behind) }, opts),
        Deployment: blog(behind),
        StatefulSet: (opts) =>
            new k8s.apps.v1.StatefulSet(
                "blog",
                { spec: { selector, serviceName: "a", template: template(behind) } },
                opts,
            ),
        DaemonSet: (opts) =>
            new k8s.apps.v1.DaemonSet(
                "blog",
                { spec: { selector, template: template(behind) } },
                opts,
            ),
        ReplicaSet: (opts) =>
            new k8s.apps.v1.ReplicaSet(
                "blog",
                { spec: { selector, template: template(behind) } },
                opts,
            ),
        ReplicationController: (opts) =>
            new k8s.core.v1.ReplicationController(
                "blog",
                { spec: { selector: { app: "blog" }, template: template(behind) } },
                opts,
            ),
        PodTemplate: (opts) =>
            new k8s.core.v1.PodTemplate("blog", { template: template(behind) }, opts),
        Job: (opts) => new k8s.batch.v1.Job("blog", { spec: { template: template(behind) } }, opts),
        CronJob: (opts) =>
            new k8s.batch.v1.CronJob(
                "blog",
                {
                    spec: {
                        schedule: "* * * * *",
                        jobTemplate: { spec: { template: template(behind) } },
                    },
                },
                opts,
            ),
        "an init container": (opts) =>
            new k8s.core.v1.Pod("blog", { spec: pod(behind, "initContainers") }, opts),
        "an ephemeral container": (opts) =>
            new k8s.core.v1.Pod("blog", { spec: pod(behind, "ephemeralContainers") }, opts),
        "an image volume": (opts) =>
            new k8s.core.v1.Pod(
                "blog",
                {
                    spec: {
                        containers: [],
                        volumes: [{ name: "a", image: { reference: behind } }],
                    },
                },
                opts,
            ),
        "a kind of somebody's own": (opts) =>
            new k8s.apiextensions.CustomResource(
                "blog",
                {
                    apiVersion: "argoproj.io/v1alpha1",
                    kind: "Rollout",
                    spec: { template: template(behind) },
                },
                opts,
            ),
        "a patch": (opts) =>
            new k8s.apps.v1.DeploymentPatch("blog", { spec: { template: template(behind) } }, opts),
        "a ConfigGroup's objects": (opts) =>
            new k8s.yaml.v2.ConfigGroup(
                "blog",
                { objs: [{ kind: "Pod", spec: pod(behind) }] },
                opts,
            ),
        "a ConfigGroup's text": (opts) =>
            new k8s.yaml.v2.ConfigGroup(
                "blog",
                {
                    yaml: `kind: Pod\nspec:\n  containers:\n    - name: a\n      image: "${behind}"\n`,
                },
                opts,
            ),
    };
    for (const [kind, make] of Object.entries(kinds)) {
        it(`refuses an undeclared image behind the tunnel: ${kind}`, async () => {
            const result = await register(make);
            assert.ok("refused" in result, JSON.stringify(result));
            assert.match(
                result.refused,
                /^kubernetes:\S+ "blog" runs git\.home\.example\/me\/blog, which is pulled through the tunnel\.\n\n {2}blog → image git\.home\.example\/me\/blog → git → tunnel\n/,
            );
        });
    }

    it("sees the children of a ConfigGroup of the first kind, which it passes itself on to", async () => {
        const parent = (opts: pulumi.ComponentResourceOptions) =>
            new pulumi.ComponentResource("test:index:Group", "group", {}, opts);
        const result = await register((opts) => blog(behind)({ parent: parent(opts) }));
        assert.ok("refused" in result);
    });

    it("says what to do, with the service's own name in it", async () => {
        const result = await register(blog(behind));
        assert.ok("refused" in result);
        assert.match(
            result.refused,
            /Nobody declared who needs blog: if git or tunnel does, neither/,
        );
        assert.match(
            result.refused,
            /2\. declare it.*\{ name: blog, image: git\.home\.example\/me\/blog, needs: \[\] \}/,
        );
    });

    const pods: Readonly<Record<string, string>> = {
        "in one line": `{kind: Pod, spec: {containers: [{name: a, image: ${behind}}]}}`,
        "as JSON": JSON.stringify({ kind: "Pod", spec: pod(behind) }),
        "as a block": `kind: Pod\nspec:\n  containers:\n    - image: >-\n        ${behind}\n`,
        "with an anchor": `kind: Pod\nspec:\n  containers:\n    - image: &web ${behind}\n`,
        "in a volume": `kind: Pod\nspec:\n  volumes:\n    - image:\n        reference: ${behind}\n`,
    };
    for (const [how, yaml] of Object.entries(pods)) {
        it(`finds an image in a ConfigGroup's text: ${how}`, async () => {
            const result = await register(
                (opts) => new k8s.yaml.v2.ConfigGroup("blog", { yaml }, opts),
            );
            assert.ok("refused" in result && result.refused.includes("blog → image git.home"));
        });
    }

    it("does not take a comment for an image", async () => {
        const yaml = `spec:\n  containers:\n    # image: ${behind}\n    - image: node # image: ${behind}\n`;
        const result = await register(
            (opts) => new k8s.yaml.v2.ConfigGroup("blog", { yaml }, opts),
        );
        assert.ok("images" in result, JSON.stringify(result));
    });

    it("takes it from a service that is declared by namespace and name", async () => {
        const metadata = { name: "blog", namespace: "media" };
        const result = await register(
            (opts) => new k8s.core.v1.Pod("p", { metadata, spec: pod(behind) }, opts),
            { services: [{ name: "media/blog", needs: [] }] },
        );
        assert.ok("images" in result, JSON.stringify(result));
    });

    for (const [what, changes] of [
        ["by its name", { services: [{ name: "blog", needs: [] }] }],
        ["by its image", { services: [{ name: "website", image: "git.home.example/me/blog:2" }] }],
        ["by its label", { services: [{ name: "journal" }] }],
    ] as const) {
        it(`takes it from a service that is declared ${what}`, async () => {
            const labels = { "app.kubernetes.io/name": "journal" };
            const result = await register(blog(behind, labels), changes);
            assert.ok("images" in result && result.images.includes(behind), JSON.stringify(result));
        });
    }

    it("refuses a declared service that runs another image than it declares, where that makes a circle", async () => {
        const services = [{ ...forge, name: "blog" }];
        const result = await register(blog(behind), { services });
        assert.ok("refused" in result);
        assert.match(result.refused, /blog → image git\.home\.example\/me\/blog → blog/);
    });

    it("takes it where the registry fails open", async () => {
        const result = await register(blog(behind), { services: [{ ...forge, optional: true }] });
        assert.ok("images" in result);
    });

    it("takes images from elsewhere, and from names that only look alike", async () => {
        for (const image of [
            "node:24",
            "git.home.example.org/a:1",
            "registry.lan:5000/me/blog:1",
        ]) {
            const result = await register(blog(image));
            assert.ok("images" in result && result.images.includes(image), image);
        }
    });

    it("takes the tunnel's own images, which the proof has judged", async () => {
        const node = `git.home.example/dns${digest}`;
        const home = { ...images({ node }), services: [{ ...forge, optional: true }] };
        assert.ok("images" in (await register(blog(node), home)));
    });

    it("knows a registry behind a wildcard", async () => {
        const routes = [route("*.home.example", "http://traefik.kube-system.svc")];
        const result = await register(blog("a.b.home.example/blog"), { routes });
        assert.ok("refused" in result);
    });

    it("leaves everything that it takes as it was: secrets, unknowns, assets, promises", async () => {
        const image = pulumi.secret("docker.io/a/b:1");
        const seen = await registrations(({ transformations }) => {
            const watch = watchWorkloads(homeWith({}));
            new k8s.core.v1.Secret(
                "s",
                { stringData: Promise.resolve({ image: "git.home.example/a" }), type: image },
                { transformations: [watch, ...(transformations ?? [])] },
            );
        });
        assert.deepEqual(seen[0]?.inputs["stringData"], { image: "git.home.example/a" });
        assert.ok(seen[0].secrets.includes("type"));
    });

    it("says nothing of an image that a preview does not know yet", async () => {
        const result = await register(
            (opts) => {
                // Without an id before it is made.
                const other = new k8s.core.v1.Secret("other", {}, opts);
                return blog(pulumi.interpolate`git.home.example/a:${other.id}`)(opts);
            },
            {},
            true,
        );
        assert.ok("images" in result);
    });

    it("refuses an image that is an output as soon as it is known", async () => {
        const props = { spec: pod(pulumi.secret(behind)) };
        const watch = watchWorkloads(homeWith({}));
        const type = "kubernetes:core/v1:Pod";
        // It looks at no resource.
        const resource = undefined as unknown as pulumi.Resource;
        const seen = watch({
            type,
            name: "blog",
            props,
            opts: {},
            resource,
        });
        const { spec } = seen?.props as { spec: { containers: { image: unknown }[] } };
        const image = spec.containers[0]?.image as { promise(): Promise<string> };
        assert.ok(pulumi.Output.isInstance(image));
        await assert.rejects(image.promise(), /"blog" runs git\.home\.example\/me\/blog/);
    });
});
