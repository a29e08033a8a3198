import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goBuild, type Go } from "../go";
import { cacheRoot, project } from "../paths";
import type { Progress } from "../progress";

const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const sdkModule = "github.com/pulumi/pulumi-kubernetes/sdk/v4";
/** The one file of the SDK that is replaced, and what replaces it. */
const kindsFile = "go/kubernetes/yaml/v2/kinds.go";
const ownKinds = join(__dirname, "kubernetes-sdk/kinds.go");

/**
 * Compiles the real Kubernetes provider. One file of its Go SDK imports 60 packages of generated types, which would take two thirds
 * of the time; a copy of the SDK has a short one in its place. Only YAML files and Helm charts go through it.
 * @param version of `@pulumi/kubernetes`, which the provider reports as its own
 * @returns the path of its binary; its schema is beside it
 */
export async function compileKubernetesProvider(
    version: string,
    progress: Progress,
): Promise<string> {
    return goBuild(
        {
            name: "pulumi-resource-kubernetes",
            package: "./pulumi/kubernetes-provider",
            variables: { [`${providerModule}/pkg/version.Version`]: version },
            inputs: [readFileSync(ownKinds, "utf8")],
            prepare: trimSdk,
            complete: async (go, folder) => {
                const dir = await go(["list", "-m", "-f", "{{.Dir}}", providerModule]);
                const schema = join(dir, "cmd/pulumi-resource-kubernetes/schema.json");
                copyFileSync(schema, join(folder, "schema.json"));
            },
        },
        progress,
    );
}

/** Copies the SDK with that one file replaced, and names the copy in a workspace: Go's overlays refuse files of its module cache. */
async function trimSdk(go: Go): Promise<Record<string, string>> {
    const work = join(cacheRoot, "go/kubernetes-sdk");
    const copy = join(work, "sdk");
    await go(["mod", "download", sdkModule]);
    const original = await go(["list", "-m", "-f", "{{.Dir}}", sdkModule]);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    cpSync(original, copy, {
        recursive: true,
        filter: (path) => !path.startsWith(join(original, "nodejs")),
    });
    copyFileSync(ownKinds, join(copy, kindsFile));
    const goMod = readFileSync(join(project, "lab/go.mod"), "utf8");
    const [, goVersion = ""] = /^go (\S+)$/m.exec(goMod) ?? [];
    const workspace = join(work, "go.work");
    writeFileSync(
        workspace,
        `go ${goVersion}\nuse ${join(project, "lab")}\nreplace ${sdkModule} => ${copy}\n`,
    );
    return { GOWORK: workspace };
}
