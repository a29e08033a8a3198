import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Writes to the log of the engine that started this plugin. */
export class EngineLog {
    readonly #client: EngineClient;
    /** Lines go one after another: calls side by side may arrive in any order. */
    #last = Promise.resolve();

    /** @param address `HOST:PORT`, the last argument of a plugin */
    constructor(address: string) {
        this.#client = new EngineClient(address, grpc.credentials.createInsecure());
    }

    /** @param ephemeral shows the message only until the next one, where a resource's progress is shown */
    write(urn: string, message: string, ephemeral: boolean): void {
        const request = new LogRequest()
            .setSeverity(LogSeverity.INFO)
            .setUrn(urn)
            .setMessage(message)
            .setEphemeral(ephemeral);
        this.#last = this.#last.then(
            async () =>
                new Promise((resolve) => {
                    // An engine that is gone hears nothing, and that is no failure of the work itself.
                    this.#client.log(request, () => {
                        resolve();
                    });
                }),
        );
    }

    /** Waits until the engine has every line. */
    async written(): Promise<void> {
        await this.#last;
    }
}
