import { piVolumeScript } from "../../components/pi-volume-script";

/** A boundary of the script, where the power goes. */
export interface Point {
    /** In words, for the table. */
    readonly name: string;
    readonly when: "before" | "after";
    /** The script's function, or the program that it calls. */
    readonly step: string;
    /** Which call of the step. @default 1 */
    readonly call?: number;
    /** Only calls whose arguments pass this bash test count. @default all */
    readonly test?: string;
}

export const applyPoints: readonly Point[] = [
    { name: "blocks reserved", when: "after", step: "fallocate" },
    { name: "formatted", when: "after", step: "mkfs.ext4" },
    { name: "its id noted, not yet renamed", when: "after", step: "keep" },
    { name: "image renamed", when: "after", step: "make_image" },
    { name: "before the first hot copy", when: "before", step: "copy_hot" },
    { name: "after the first hot copy", when: "after", step: "copy_hot" },
    { name: "after the second hot copy", when: "after", step: "copy_hot", call: 2 },
    { name: "copy noted", when: "after", step: "keep", call: 2 },
    { name: "before the last hot copy", when: "before", step: "copy_hot", call: 3 },
    { name: "after the last hot copy", when: "after", step: "copy_hot", call: 3 },
    { name: "k3s stopped", when: "after", step: "stop_k3s" },
    { name: "stopped copy done and compared", when: "after", step: "copy_stopped" },
    { name: "before the fsck unit", when: "before", step: "write_fsck_unit" },
    { name: "fsck unit written", when: "after", step: "write_fsck_unit" },
    { name: "before the commit", when: "before", step: "commit" },
    { name: "fstab renamed, not yet synced", when: "after", step: "mv", test: toFstab() },
    { name: "committed", when: "after", step: "commit" },
    { name: "image noted as live", when: "after", step: "keep", call: 3 },
    { name: "drop-ins written", when: "after", step: "write_drop_ins" },
    { name: "mounted", when: "after", step: "begin_mount" },
    { name: "k3s started", when: "after", step: "start_k3s" },
    { name: "before the old copy's removal", when: "before", step: "empty_card" },
    { name: "after the old copy's removal", when: "after", step: "empty_card" },
    { name: "folder made immutable", when: "after", step: "chattr", test: "[[ $1 == +i ]]" },
];

export const restorePoints: readonly Point[] = [
    { name: "after the hot copy", when: "after", step: "copy_hot" },
    { name: "k3s stopped", when: "after", step: "stop_k3s" },
    { name: "stopped copy done and compared", when: "after", step: "copy_stopped" },
    { name: "copy noted", when: "after", step: "keep" },
    { name: "drop-ins removed", when: "after", step: "remove_drop_ins" },
    { name: "fstab renamed, not yet synced", when: "after", step: "mv", test: toFstab() },
    { name: "line removed", when: "after", step: "uncommit" },
    { name: "unmounted", when: "after", step: "unmount_target" },
    { name: "fsck unit removed", when: "after", step: "remove_fsck_unit" },
    { name: "k3s started", when: "after", step: "start_k3s" },
];

export const growPoints: readonly Point[] = [
    { name: "blocks reserved beyond the end", when: "after", step: "fallocate", test: longer() },
    { name: "file made longer", when: "after", step: "reserve" },
    { name: "before resize2fs", when: "before", step: "resize2fs" },
    { name: "after resize2fs", when: "after", step: "resize2fs" },
];

function toFstab(): string {
    return "[[ ${*: -1} == /etc/fstab ]]";
}

function longer(): string {
    return "[[ $1 == --keep-size ]]";
}

/** What the script says on the VM's second serial line when it has come to a point; its number follows. */
export const mark = "cut here";

/**
 * The script, which at each point says so and rests for a second of the VM's time. The product knows nothing of this: steps
 * are replaced by ones that do the same and then rest, just before the script calls its `main`. Functions travel into the
 * script's own unit, so these do as well.
 */
export function scriptWithPoints(points: readonly Point[]): string {
    const script = piVolumeScript();
    const steps = [...new Set(points.map(({ step }) => step))];
    const wrapped = steps.map((step, n) => wrap(script, step, `calls_${n}`, points));
    const start = script.lastIndexOf('main "$@" </dev/null');
    return script.slice(0, start) + wrapped.join("\n") + script.slice(start);
}

function wrap(script: string, step: string, calls: string, points: readonly Point[]): string {
    const rests = (wanted: Point["when"]) =>
        points.flatMap(({ when, step: own, call = 1, test = "true" }, n) =>
            when === wanted && own === step
                ? [
                      `if ${test} && ((${calls} == ${call})); then echo ${mark} ${n} >/dev/ttyS1; sleep 1; fi`,
                  ]
                : [],
        );
    const test = points.find(({ step: own }) => own === step)?.test ?? "true";
    const whole = `whole_${calls}`;
    // A function ends the script when it fails, and must not be shielded from that; a program may be asked whether it did.
    const [renamed, run] = script.includes(`\n${step}() {`)
        ? [`eval "${whole} () $(declare -f ${step} | tail -n +2)"`, `${whole} "$@"`]
        : ["", `command ${step} "$@" || return`];
    return [
        ...[renamed, `${step}() {`, `if ${test}; then ${calls}=$((\${${calls}:-0} + 1)); fi`],
        ...[...rests("before"), run, ...rests("after"), "}", ""],
    ].join("\n");
}
