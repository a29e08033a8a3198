import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { fstatSync } from "node:fs";
import { EngineLog } from "./engine-log";
import type { Package } from "./rules";
import { service } from "./service";

/**
 * Serves one package as a Pulumi plugin: the whole program of a `pulumi-resource-NAME`. Its version is written into the bundle; the
 * engine's address is the last argument.
 */
export function servePlugin(pack: Package): void {
    const version = process.env["PLUGIN_VERSION"] ?? "";
    const cancellation = new AbortController();
    const log = new EngineLog(process.argv.at(-1) ?? "");
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
    });
    server.addService(
        ResourceProviderService,
        service(pack, { version, log, cancellation }) as grpc.UntypedServiceImplementation,
    );
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            throw error;
        }
        // The engine reads the port from the first line.
        console.log(port);
    });
    const end = (): void => {
        cancellation.abort();
        process.exit(0);
    };
    process.on("SIGTERM", end).on("SIGINT", end);
    // The engine holds the other end: when that closes, the engine was killed, and what it asked for ends too. In the real
    // providers the broken connection cancels the calls.
    if (fstatSync(0).isFIFO()) {
        process.stdin.resume().on("end", end);
    }
}
