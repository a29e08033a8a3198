import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The project: where Pulumi.yaml stands. */
export const project = resolve(__dirname, "..");

/** The project's own folder of small, readable results: report, merged stack config, state. */
export const dotLab = join(project, ".lab");
export const reportFile = join(dotLab, "report.json");
export const stackConfigFile = join(dotLab, "Pulumi.dev.yaml");

/** The XDG base directory specification's rule: a value that is empty or relative counts as none. */
const xdgCache = process.env["XDG_CACHE_HOME"] ?? "";

/** Everything that is built once and kept; safe to delete at any time while the lab is down. */
export const cacheRoot = join(
    isAbsolute(xdgCache) ? xdgCache : join(homedir(), ".cache"),
    "rekindle",
);

/** Build results, one folder per content hash. */
export const builtRoot = join(cacheRoot, "built");

/** The running lab: disks, mounts, pid files, sockets. `npm run down` removes it. */
export const runRoot = join(cacheRoot, "lab");
export const internetSocket = join(runRoot, "internet.sock");
export const secretsFile = join(runRoot, "secrets.json");
export const sshKeyFile = join(runRoot, "ssh", "id_ed25519");
export const knownHostsFile = join(runRoot, "ssh", "known_hosts");
export const kubeconfigFile = join(runRoot, "kubeconfig");

/** The lab's network namespace: a file of ours, and not one in /run/netns, which `ip netns` never unmounts again. */
export const namespaceFile = join(runRoot, "netns");

export const piRoot = (pi: string): string => join(runRoot, pi);
