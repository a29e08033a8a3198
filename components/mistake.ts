import * as pulumi from "@pulumi/pulumi";

/**
 * Makes the error that says what a user did wrong, to be thrown where outputs wait for it.
 *
 * For each resource that waits, Pulumi's SDK writes `error serializing property …` before the message of one and the same error: this
 * message stays as it is. And the SDK formats a stack that it never shows, which took 20 to 50 seconds: this error has none.
 * @param text what is wrong, where, and what to do next
 * @param resource what Pulumi shows the error beside @default the stack
 */
export function mistake(text: string, resource?: pulumi.Resource): Error {
    const error =
        resource === undefined
            ? new pulumi.RunError(text)
            : new pulumi.ResourceError(text, resource, true);
    Object.defineProperty(error, "message", { get: () => text, set: () => undefined });
    Object.defineProperty(error, "stack", { value: undefined });
    return error;
}
