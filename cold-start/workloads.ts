import * as pulumi from "@pulumi/pulumi";
import { imageName } from "../config/addresses";
import type { Home } from "./home";
import { imageCheck, type WorkloadNames } from "./undeclared";

/** Where images are in a Pod, and in every template of one, whatever kind of object has it. */
const imageFields = new Set([
    "containers.image",
    "initContainers.image",
    "ephemeralContainers.image",
    // A volume's.
    "image.reference",
]);

/** Shows the user an error. */
export type Show = (message: string) => unknown;

/**
 * Returns a transform that looks at the images of every Kubernetes object before it is registered. The engine also hands it the
 * objects that providers register, for example those of a Helm chart or a YAML file. An image that is pulled through the tunnel
 * must belong to a declared service: nobody could say otherwise whether the home comes back. A preview may not know an image
 * yet; the `up` does. The transform changes nothing.
 * @param show gets the reason and the ways out: Pulumi wraps what a transform throws in the words of everybody who passes it on
 * @throws pulumi.RunError after that; the engine then makes nothing of the object
 */
export function watchWorkloads(
    home: Home,
    show: Show = (message) => pulumi.log.error(message),
): pulumi.ResourceTransform {
    const problemWith = imageCheck(home);
    return async ({ custom, type, name, props }) => {
        // The objects of a component are registered one by one, under names of their own.
        if (!custom || !type.startsWith("kubernetes:")) {
            return undefined;
        }
        const known: unknown = await pulumi.runtime.serializeProperties(name, props);
        const names = namesOf(name, known);
        for (const image of imagesIn(known)) {
            const problem = problemWith(image, names);
            if (problem !== undefined) {
                const fault = `${type} "${name}" runs ${imageName(image)}, which is pulled through the tunnel.`;
                await show(`${fault}\n\n${problem}`);
                throw new pulumi.RunError(
                    `Rekindle refused "${name}"; an error above says why, and what to do`,
                );
            }
        }
        return undefined;
    };
}

/** Returns the names by which a service of the configuration could mean this object. */
function namesOf(resource: string, props: unknown): WorkloadNames {
    const { name, namespace, labels } = fieldsOf(fieldsOf(props)["metadata"]);
    const { app, "app.kubernetes.io/name": part } = fieldsOf(labels);
    const own = [name, part, app].map(plain).filter((each) => typeof each === "string");
    const space = plain(namespace);
    const exact = typeof space === "string" ? own.map((each) => `${space}/${each}`) : [];
    const shown = plain(name);
    return {
        // The resource of a component's child is named after the component, too.
        shown: typeof shown === "string" ? shown : resource,
        all: [...exact, ...own, resource],
    };
}

/** Yields every image that an object names and that is known. */
function* imagesIn(value: unknown, parent = "", key = ""): Generator<string> {
    const known = plain(value);
    if (typeof known === "string" && imageFields.has(`${parent}.${key}`)) {
        yield known;
    }
    if (Array.isArray(known)) {
        for (const each of known) {
            yield* imagesIn(each, parent, key);
        }
        return;
    }
    for (const [name, inner] of Object.entries(fieldsOf(known))) {
        yield* imagesIn(inner, key, name);
    }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
    const known = plain(value);
    return typeof known === "object" && known !== null ? (known as Record<string, unknown>) : {};
}

/** Returns the value of a secret, or the value itself; undefined where it is unknown. */
function plain(value: unknown): unknown {
    const known: unknown = pulumi.runtime.unwrapRpcSecret(value);
    return known === pulumi.runtime.unknownValue ? undefined : known;
}
