import { differences, formatPath } from "../lab/providers/diff";
import type { Old, Package, WorkRequest } from "../lab/providers/rules";
import type { Values } from "../lab/providers/values";

/** A resource in the state of a test. */
export interface Kept extends Old {
    readonly type: string;
}

/** Drives the rules of one package as Pulumi's engine does, a resource at a time. */
export class Driver {
    /** What the rules said while they waited, and what they printed. */
    readonly heard: string[] = [];
    readonly #cancellation = new AbortController();
    readonly #rules;

    /** @param name the name of every resource */
    constructor(
        pack: Package,
        config: Values = {},
        private readonly name = "alerting",
    ) {
        this.#rules = pack.configure(pack.checkConfig(config));
    }

    check(type: string, inputs: Values, old?: Kept): Values {
        const { name } = this;
        const before = old === undefined ? {} : { oldInputs: old.inputs };
        return this.#rules.check({ ...{ urn: "urn", type, name, inputs }, ...before });
    }

    async create(type: string, wanted: Values): Promise<Kept> {
        const inputs = this.check(type, wanted);
        return { type, inputs, ...(await this.#rules.create(this.#work(type), inputs)) };
    }

    /** @returns each place that differs, with `!` behind those that replace the resource */
    diff({ type, inputs }: Kept, wanted: Values): string[] {
        return this.#rules
            .diff(type, inputs, wanted)
            .map(({ path, replace }) => formatPath(path) + (replace === true ? "!" : ""));
    }

    async update(old: Kept, wanted: Values): Promise<Kept> {
        const inputs = this.check(old.type, wanted, old);
        const outputs = await this.#rules.update(this.#work(old.type), old, inputs);
        return { ...old, inputs, outputs };
    }

    async remove(old: Kept): Promise<void> {
        await this.#rules.delete(this.#work(old.type), old);
    }

    /** Reads a resource; returns what somebody changed, each as `path: value`, or "deleted". */
    async drift(old: Kept): Promise<readonly string[] | "deleted"> {
        const found = await this.#rules.read?.(this.#work(old.type), old.id, old);
        return found === undefined
            ? "deleted"
            : differences(old.inputs, found.inputs).map(
                  ({ path }) => `${formatPath(path)}: ${JSON.stringify(at(found.inputs, path))}`,
              );
    }

    async import(type: string, id: string): Promise<Kept | undefined> {
        const found = await this.#rules.read?.(this.#work(type), id, undefined);
        return found && { type, ...found };
    }

    async invoke(token: string, args: Values): Promise<Values | undefined> {
        return this.#rules.invoke?.(token, args);
    }

    cancel(): void {
        this.#cancellation.abort();
    }

    #work(type: string): WorkRequest {
        const hear = (text: string) => {
            this.heard.push(text);
        };
        const { signal } = this.#cancellation;
        return { urn: "urn", type, name: this.name, status: hear, info: hear, signal };
    }
}

function at(values: unknown, path: readonly (string | number)[]): unknown {
    return path.reduce<unknown>(
        (value, part) => (value as Record<string | number, unknown> | undefined)?.[part],
        values,
    );
}
