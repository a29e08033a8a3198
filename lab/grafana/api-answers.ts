import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Provenance } from "./store";
import { Refusal } from "./validate";

export const provisioning = "/api/v1/provisioning";

export function provenanceOf(request: FastifyRequest): Provenance {
    return request.headers["x-disable-provenance"] === undefined ? "api" : "";
}

/** What the API made is not handed over to people; the other way round is possible. */
export function assertOwned(before: Provenance | undefined, now: Provenance): void {
    if (before === "api" && now === "") {
        throw new Refusal(409, "cannot change provenance from 'api' to ''");
    }
}

export function found<T>(value: T | undefined, message: string): T {
    if (value === undefined) {
        throw new Refusal(404, message);
    }
    return value;
}

export async function accepted(reply: FastifyReply, body: unknown) {
    return reply.code(202).send(body);
}

export function newUid(): string {
    return randomBytes(7).toString("hex");
}
