import * as pulumi from "@pulumi/pulumi";
import { imageName } from "../config/addresses";
import type { Home } from "./home";
import { imageCheck } from "./undeclared";

/** Where every pod, and every template of one in whatever kind of object, keeps its containers. */
const containerLists = ["containers", "initContainers", "ephemeralContainers"];

/**
 * A stack transformation that looks at the images of every registered pod and pod template, also of those in a ConfigGroup: one
 * that is pulled through the tunnel must belong to a declared service, or nobody could say whether the house comes back. What
 * a preview does not know yet is looked at by the `up` that does. What a provider renders by itself, a Helm Release say, is not seen.
 * @throws pulumi.RunError while the resource is being registered, so that nothing of it is made
 */
export function watchWorkloads(home: Home): pulumi.ResourceTransformation {
    const problemWith = imageCheck(home);
    return ({ type, name, props, opts }) => {
        if (!type.startsWith("kubernetes:")) {
            return undefined;
        }
        const names = [name, ...namesIn(props)];
        const seen = visit(props, (image) => {
            const problem = problemWith(image, names);
            if (problem !== undefined) {
                throw new pulumi.RunError(
                    `${type} "${name}" runs ${imageName(image)}, which is pulled through the tunnel.\n\n${problem}`,
                );
            }
        });
        return { props: seen as pulumi.Inputs, opts };
    };
}

/** By what name a service of the configuration could mean this resource. */
function namesIn(props: pulumi.Inputs): string[] {
    const { metadata } = props as { metadata?: unknown };
    const { name, namespace, labels } = fieldsOf(metadata);
    const { app, "app.kubernetes.io/name": part } = fieldsOf(labels);
    const own = [name, part, app].filter((each) => typeof each === "string");
    return typeof namespace === "string"
        ? [...own.map((each) => `${namespace}/${each}`), ...own]
        : own;
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/**
 * The same value. Of what is an output or a promise the images are checked once they are known: whoever waits for it fails with
 * the check, and it stays as secret or unknown as it was.
 */
function visit(value: unknown, check: (image: string) => void, key = ""): unknown {
    if (pulumi.Output.isInstance(value)) {
        return value.apply((known: unknown) => visit(known, check, key));
    }
    if (value instanceof Promise) {
        return value.then((known: unknown) => visit(known, check, key));
    }
    if (typeof value === "string" && (key === "container.image" || key === "image.reference")) {
        check(value);
    }
    if (typeof value === "string" && key === "yaml") {
        imagesIn(value).forEach(check);
    }
    if (Array.isArray(value)) {
        return value.map((each: unknown) => visit(each, check, key));
    }
    return isPlain(value)
        ? Object.fromEntries(
              Object.entries(value).map(([name, inner]) => [
                  name,
                  visit(inner, check, keyBelow(key, name)),
              ]),
          )
        : value;
}

/** What a field is, as far as images are concerned. */
function keyBelow(key: string, name: string): string {
    if (containerLists.includes(name)) {
        return "container";
    }
    if (name === "image" || name === "reference") {
        return key === "" ? name : `${key === "container" ? key : "image"}.${name}`;
    }
    return name === "yaml" ? name : "";
}

/** A key and its value in YAML, also in one line and as JSON; before the value an anchor, a tag or a block's sign may stand. */
const imageField =
    /(?<=^|[\s{,])["']?(?:image|reference)["']?:\s*(?:[&!>|]\S*\s+)*(?!["']?\w+["']?:\s)["']?([^\s"',}\]]+)/gm;

/** The images that manifests name, as text: a ConfigGroup of the second kind hands them to the provider unread. */
function imagesIn(manifests: string): string[] {
    const uncommented = manifests.replace(/(^|\s)#.*$/gm, "");
    return [...uncommented.matchAll(imageField)].map(([, image = ""]) => image);
}

/** Assets, resources and other instances are left as they are. */
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
