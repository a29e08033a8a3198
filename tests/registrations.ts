import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

/** What a program registered, as the engine would see it. */
export interface Registration {
    readonly type: string;
    readonly name: string;
    /** Plain values; secrets are unwrapped. */
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Names of the inputs that were secret. */
    readonly secrets: readonly string[];
    readonly options: pulumi.ResourceOptions;
    /** `type::name` of what it names in dependsOn; what its inputs come from is not in here. */
    readonly dependsOn: readonly string[];
    /** Whether it hangs below the component under test. */
    readonly below: boolean;
}

interface Observed {
    readonly options: pulumi.ResourceOptions;
    readonly below: boolean;
}

/**
 * Runs `program` against Pulumi's mocks and returns everything it registered. Proves wiring only: nothing is created.
 * @param program gets options that it must pass to the component under test, so that its children are seen
 * @param preview ids are unknown, as at the first preview. @default false
 */
export async function registrations(
    program: (options: pulumi.ComponentResourceOptions) => void,
    preview = false,
): Promise<Registration[]> {
    const seen: pulumi.runtime.MockResourceArgs[] = [];
    const observed = new Map<string, Observed>();
    const keys = new Map<pulumi.Resource, string>();
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                seen.push(args);
                return { id: preview ? "" : `${args.name}-id`, state: autoNamed(args) };
            },
            call: ({ token }) => {
                throw new Error(`A preview would call ${token}: this program makes no invokes.`);
            },
        },
        "rekindle",
        "test",
        preview,
    );
    takeErrorHooks();
    program({
        transformations: [
            ({ type, name, resource, opts }) => {
                keys.set(resource, `${type}::${name}`);
                observed.set(`${type}::${name}`, {
                    options: opts,
                    below: opts.parent !== undefined,
                });
                return undefined;
            },
        ],
    });
    // Waits until every registration is through.
    await pulumi.runtime.disconnect();
    return Promise.all(
        seen.map(async ({ type, name, inputs }) => {
            const { options = {}, below = false } = observed.get(`${type}::${name}`) ?? {};
            return {
                type,
                name,
                ...unwrap(inputs as Record<string, unknown>),
                options,
                below,
                dependsOn: await dependencies(options, keys),
            };
        }),
    );
}

/** The one registration of this type and name; fails if there is none, or more. */
export function the(all: readonly Registration[], type: string, name: string): Registration {
    const found = all.filter((each) => each.type === type && each.name === name);
    const [only] = found;
    if (only === undefined || found.length > 1) {
        const others = all.map((each) => `${each.type} ${each.name}`).join("\n  ");
        throw new Error(`${found.length} times ${type} ${name} among\n  ${others}`);
    }
    return only;
}

/** Kubernetes' provider names objects itself; other objects refer to them by that name. */
function autoNamed({ type, name, inputs }: pulumi.runtime.MockResourceArgs) {
    const state = inputs as Record<string, unknown>;
    return type.startsWith("kubernetes:")
        ? { ...state, metadata: { ...(state["metadata"] as object), name: `${name}-auto` } }
        : state;
}

function unwrap(inputs: Readonly<Record<string, unknown>>) {
    const isSecret = (value: unknown): boolean => pulumi.runtime.isRpcSecret(value);
    const plain = Object.entries(inputs).map(([key, value]): [string, unknown] => [
        key,
        isSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value,
    ]);
    const secrets = Object.keys(inputs).filter((key) => isSecret(inputs[key]));
    return { inputs: Object.fromEntries(plain), secrets };
}

async function dependencies(
    { dependsOn = [] }: pulumi.ResourceOptions,
    keys: ReadonlyMap<pulumi.Resource, string>,
): Promise<string[]> {
    const resources = await new Promise<(pulumi.Resource | pulumi.Resource[])[]>((resolve) => {
        pulumi.output(dependsOn).apply((value) => {
            resolve([value]);
        });
    });
    return resources
        .flat()
        .map((resource) => keys.get(resource) ?? "a stranger")
        .sort();
}

/** Pulumi's mocks announce that they take error hooks, and lack the call. */
function takeErrorHooks(): void {
    const registerErrorHook = (_: unknown, done: (error: null, answer: object) => void) => {
        done(null, {});
    };
    Object.assign(getMonitor() ?? {}, { registerErrorHook });
}
