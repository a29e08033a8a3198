import type { Fault, Faults } from "./cloudflare/faults";

/**
 * Tells the Grafana stand-in, which runs in the house, what it is to do wrong.
 * @param url where its pod takes faults
 */
export function followGrafanaFault(faults: Faults, url: string): void {
    let told: Fault | undefined;
    const tell = async (fault: Fault | undefined) => {
        const answer = await fetch(`${url}/fault`, {
            method: "PUT",
            headers: { "content-type": "application/json" },
            // How long it lasts is counted here.
            body: JSON.stringify({ fault: fault && { ...fault, seconds: undefined } }),
            signal: AbortSignal.timeout(30_000),
        });
        if (!answer.ok) {
            throw new Error(`it answered ${answer.status}`);
        }
    };
    faults.onChange(async () => {
        const wanted = faults.list().find(({ target }) => target === "grafana");
        if (wanted === told) {
            return;
        }
        told = wanted;
        try {
            await tell(wanted);
        } catch (error) {
            if (wanted === undefined) {
                // Its pod starts without any.
                return;
            }
            await faults.clear("grafana");
            throw new Error(
                `Grafana's pod does not take faults: is its Pi on? (${String(error)}) Nothing was changed.`,
                { cause: error },
            );
        }
    });
}
