import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "./cache";
import { run } from "./shell";

/** The programs that Debian's packages bring, by what this lab runs of them. */
const programs = ["prometheus", "promtool", "prometheus-alertmanager", "amtool"] as const;
export type PrometheusTools = Readonly<Record<(typeof programs)[number], string>>;

/** What Alertmanager reads at a fixed place, and what the programs are linked with. */
const files = [
    "./usr/share/prometheus/alertmanager",
    ...["libc.so.6", "libresolv.so.2", "ld-linux*"].map((name) => `./usr/lib/*-linux-gnu/${name}`),
    ...["./usr/lib64", "./lib", "./lib64"],
];

/**
 * Takes Prometheus, Alertmanager and their tools out of the Pis' Debian: the same versions on every machine.
 * @param base the tar of `prepareBase`
 * @returns each program's path; they need root, and see nothing of this machine but /tmp
 */
export async function prometheusTools(base: string): Promise<PrometheusTools> {
    const dir = await built("prometheus", [base, wrapper("")], async (made) => {
        const root = join(made, "root");
        mkdirSync(root);
        const members = [...programs.map((name) => `./usr/bin/${name}`), ...files];
        await run("tar", ["--wildcards", "-xf", base, "-C", root, ...members]);
        for (const folder of ["tmp", "etc"]) {
            mkdirSync(join(root, folder));
        }
        for (const name of programs) {
            writeFileSync(join(made, name), wrapper(name));
            chmodSync(join(made, name), 0o755);
        }
    });
    const paths = programs.map((name) => [name, join(dir, name)]);
    return Object.fromEntries(paths) as PrometheusTools;
}

/** Runs a program in that Debian. */
function wrapper(name: string): string {
    return `#!/bin/sh
exec unshare --mount sh -c '
    mount --rbind /tmp "$1/tmp"
    root=$1
    shift
    exec chroot "$root" /usr/bin/${name} "$@"
' sh "$(dirname "$0")/root" "$@"
`;
}
