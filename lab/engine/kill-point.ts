import { nameOf, typeOf } from "./urn";

/** The moments of a step at which a power cut leaves different things behind. */
export type KillPoint = "before-call" | "after-call" | "after-state";

/**
 * For tests: ends this process as a power cut would, at the point that REKINDLE_ENGINE_KILL names. It reads
 * `POINT OP TYPE NAME`, e.g. `after-call create ConfigMap tunnel-config`.
 */
export function killPoint(point: KillPoint, { op, urn }: { op: string; urn: string }): void {
    const type = typeOf(urn).split(/[:/]/).pop() ?? "";
    if (process.env["REKINDLE_ENGINE_KILL"] === `${point} ${op} ${type} ${nameOf(urn)}`) {
        process.kill(process.pid, "SIGKILL");
    }
}
