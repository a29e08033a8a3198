import type { AddressInfo, Server, Socket } from "node:net";
import type { FaultKind, Faults, FaultTarget } from "./faults";

export interface Endpoint {
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
}

export interface Listener {
    readonly port: number;
    /** Stops listening and cuts every connection. */
    close(): Promise<void>;
}

/** Faults that only a new connection meets; the old ones have to go for them to be felt. */
const cutting: readonly (FaultKind | undefined)[] = ["down", "bad-cert", "not-yet-valid-cert"];

/**
 * Makes a server listen. While its target is `down` it does not, so that who connects is refused by the kernel,
 * just as with a machine whose service is gone.
 * @throws when the address cannot be listened on
 */
export async function listen(
    server: Server,
    endpoint: Endpoint,
    faults: Faults,
    target: FaultTarget,
): Promise<Listener> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
    });
    let port = endpoint.port;
    const open = async () => {
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(port, endpoint.host, () => {
                server.off("error", reject);
                resolve();
            });
        });
        port = (server.address() as AddressInfo).port;
    };
    const cut = () => {
        for (const socket of sockets) {
            socket.destroy();
        }
    };
    const close = async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        cut();
        await closed;
    };
    await open();
    // Changes are followed one after the other: a close must be over before the same port can be opened again.
    let last = Promise.resolve();
    faults.onChange(() => {
        last = last.then(async () => {
            const kind = faults.kind(target);
            if (cutting.includes(kind)) {
                cut();
            }
            if (kind === "down" && server.listening) {
                await close();
            } else if (kind !== "down" && !server.listening) {
                await open();
            }
        });
        return last;
    });
    return {
        port,
        close: async () => {
            await last;
            if (server.listening) {
                await close();
            }
        },
    };
}
