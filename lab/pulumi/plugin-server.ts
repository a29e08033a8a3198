import { fstatSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";

/** Answers a call with what `answer` resolves to, or with the message of what it throws. */
export function unary<Request, Response>(
    answer: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return ({ request }, callback) => {
        Promise.resolve(request)
            .then(answer)
            .then(
                (response) => {
                    callback(null, response);
                },
                (error: unknown) => {
                    const details = error instanceof Error ? error.message : String(error);
                    callback({ code: grpc.status.UNKNOWN, details });
                },
            );
    };
}

/**
 * Serves one of Pulumi's protocols to the engine that started this process.
 * @param cancel ends what the engine asked for, before this process ends
 */
export function serve(
    protocol: grpc.ServiceDefinition,
    calls: grpc.UntypedServiceImplementation,
    cancel: () => void,
): void {
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
    });
    server.addService(protocol, calls);
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            throw error;
        }
        // The engine reads the port from the first line.
        console.log(port);
    });
    const end = (): void => {
        cancel();
        process.exit(0);
    };
    process.on("SIGTERM", end).on("SIGINT", end);
    // The engine holds the other end: when that closes, the engine was killed, and what it asked for ends too. In the real
    // providers the broken connection cancels the calls.
    if (fstatSync(0).isFIFO()) {
        process.stdin.resume().on("end", end);
    }
}
