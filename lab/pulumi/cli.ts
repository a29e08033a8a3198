import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { goBuild } from "../go";
import type { Progress } from "../progress";
import { pinnedVersion } from "./versions";

const sdkModule = "github.com/pulumi/pulumi/sdk/v3";

/** Returns the `pulumi` of this machine, if it is at least as new as the pinned SDK. */
export function findCli(): { readonly file: string; readonly version: string } | undefined {
    const file = (process.env["PATH"] ?? "")
        .split(delimiter)
        .map((folder) => join(folder, "pulumi"))
        .find(isExecutable);
    const version = file === undefined ? undefined : versionOf(file);
    return file !== undefined && version !== undefined && isNewEnough(version)
        ? { file, version }
        : undefined;
}

/**
 * Compiles Pulumi's CLI and engine from its Go module. The module is apart from the cluster's: the Kubernetes provider does not
 * compile with a CLI that is newer than itself.
 */
export async function compileCli(progress: Progress): Promise<string> {
    return goBuild(
        {
            name: "pulumi",
            module: "pulumi/cli",
            package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            variables: {
                [`${sdkModule}/go/common/version.Version`]: `v${pinnedVersion("pulumi")}`,
            },
        },
        progress,
    );
}

function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

function versionOf(file: string): string | undefined {
    try {
        const printed = execFileSync(file, ["version"], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
            env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        });
        return /^v?(\d+\.\d+\.\d+)/.exec(printed.trim())?.[1];
    } catch {
        return undefined;
    }
}

/** An older CLI may refuse what the SDK asks of it. */
function isNewEnough(version: string): boolean {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [wantedMajor = 0, wantedMinor = 0] = pinnedVersion("pulumi").split(".").map(Number);
    return major === wantedMajor && minor >= wantedMinor;
}
