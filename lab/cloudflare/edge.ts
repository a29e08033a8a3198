import { listenForConnectors } from "./connector-listener";
import type { Endpoint } from "./listener";
import { listenForVisitors, type EdgeParts } from "./visitor-listener";

export interface EdgeOptions extends EdgeParts {
    /** Where visitors come in over HTTPS; Cloudflare's is 443. */
    readonly visitors: Endpoint;
    /** Where connectors dial in over TLS; Cloudflare's is 7844. */
    readonly connectors: Endpoint;
}

export interface Edge {
    readonly visitorPort: number;
    readonly connectorPort: number;
    close(): Promise<void>;
}

/** Starts the stand-in for Cloudflare's edge: it reaches a house only through the connections that connectors dialled. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
    const [visitors, connectors] = await Promise.all([
        listenForVisitors(options.visitors, options),
        listenForConnectors(options.connectors, options),
    ]);
    return {
        visitorPort: visitors.port,
        connectorPort: connectors.port,
        close: async () => {
            await Promise.all([visitors.close(), connectors.close()]);
        },
    };
}
