/** What only this lab knows, and no committed file: no secret is in it. */
export interface LabFacts {
    readonly images: Readonly<Record<string, string>>;
    /** Host keys of the lab's Pis by their addresses. */
    readonly hostKeys: Readonly<Record<string, string>>;
}
export type StackValues = Readonly<Record<string, unknown>>;

/**
 * A stack's configuration with what the lab knows over it. It may be another home's: its own images and Pis stay, so that the program
 * judges that home. Replaced are the image names that the committed file has, for they stand for the lab's own, and the host
 * keys of Pis at the lab's addresses; and every secret, for another home's cannot be decrypted here.
 * @param committed the configuration of Pulumi.dev.yaml
 * @param secrets by their whole keys, encrypted
 */
export function mergeConfig(
    source: StackValues,
    committed: StackValues,
    { images, hostKeys }: LabFacts,
    secrets: StackValues,
): Record<string, unknown> {
    return {
        ...source,
        "rekindle:images": withImages(
            source["rekindle:images"],
            committed["rekindle:images"],
            images,
        ),
        ...("rekindle:nodes" in source
            ? { "rekindle:nodes": withHostKeys(source["rekindle:nodes"], hostKeys) }
            : {}),
        ...secrets,
    };
}

/** The lab's images where nothing is named, or what the committed file names; what is no map is left for the program to tell. */
function withImages(source: unknown, committed: unknown, images: LabFacts["images"]): unknown {
    if (source === undefined) {
        return images;
    }
    return isMap(source)
        ? Object.fromEntries(
              Object.entries(source).map(([name, image]) => [
                  name,
                  isMap(committed) && image === committed[name] ? (images[name] ?? image) : image,
              ]),
          )
        : source;
}

/** What is no list is left for the program to tell, as is a Pi without a host key at another address. */
function withHostKeys(nodes: unknown, hostKeys: LabFacts["hostKeys"]): unknown {
    return Array.isArray(nodes)
        ? nodes.map((node: unknown) => {
              const hostKey = isMap(node) ? hostKeys[String(node["address"])] : undefined;
              return isMap(node) && hostKey !== undefined ? { ...node, hostKey } : node;
          })
        : nodes;
}

const isMap = (value: unknown): value is StackValues =>
    typeof value === "object" && value !== null && !Array.isArray(value);
