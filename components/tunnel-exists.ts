import * as pulumi from "@pulumi/pulumi";

/** Cloudflare's code for a second tunnel of one name. */
const nameTaken = 1013;

/** Says what to do when the tunnel exists already: a killed run made it, or the state was lost, or it is another stack's. */
export function explainTakenName(name: string, tunnel: string): pulumi.ErrorHook {
    return new pulumi.ErrorHook(`${name}-exists`, ({ failedOperation, errors }) => {
        if (failedOperation === "create" && errors.some(isNameTaken)) {
            const advice = takenName(tunnel);
            void pulumi.log.error(advice);
        }
        // Another try would be refused again.
        return false;
    });
}

/** Whether an error is Cloudflare's refusal of a name that is taken. */
export function isNameTaken(error: string): boolean {
    return new RegExp(`"code": *${nameTaken}\\b|already have a tunnel with this name`).test(error);
}

function takenName(tunnel: string): string {
    return [
        `Cloudflare has a tunnel named "${tunnel}" already, and this stack's state does not have it.`,
        "  A run that was killed made it, or the state was lost: take it over.",
        "      Its id is in Cloudflare's dashboard, under Networks > Tunnels:",
        "      pulumi config set --path rekindle:tunnel.import ID && pulumi up",
        "      Then take tunnel.import out again, and run `pulumi up` once more.",
        "  It was made in the dashboard, or belongs to something else: choose another rekindle:tunnel.name.",
    ].join("\n");
}
