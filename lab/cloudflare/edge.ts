import type { Connections } from "./connections";
import { listenForConnectors } from "./connector-listener";
import type { Faults } from "./faults";
import type { Endpoint } from "./listener";
import type { Store } from "./store";
import { listenForVisitors } from "./visitor-listener";

export interface EdgeOptions {
    readonly store: Store;
    readonly connections: Connections;
    readonly faults: Faults;
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
    const { store, connections, faults } = options;
    const [visitors, connectors] = await Promise.all([
        listenForVisitors(options.visitors, store, connections, faults),
        listenForConnectors(options.connectors, store, connections, faults),
    ]);
    return {
        visitorPort: visitors.port,
        connectorPort: connectors.port,
        close: async () => {
            await Promise.all([visitors.close(), connectors.close()]);
        },
    };
}
