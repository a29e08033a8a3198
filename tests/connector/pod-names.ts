// Runs in a network of its own, as pod-names.test.ts starts it: a connector whose resolv.conf is that of the tunnel's pods. Prints
// as JSON what a visitor gets for each service among the arguments.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { createServer as createDnsServer, Packet } from "dns2";
import { accountId, zone } from "../../lab/facts";
import { tunnelsPath } from "../cloudflare-calls";
import { Connector, startWorld } from "../cloudflare-world";

/** What the cluster's DNS has, and one public name that is spelt like a Service and its namespace. */
const known = ["git.git.svc.cluster.local", "media.dev.svc.cluster.local", "nas.lan", "media.dev"];
const publicAddress = "127.0.0.9";

async function main(binary: string, services: readonly string[]): Promise<void> {
    const dns = createDnsServer({
        udp: true,
        handle: (request, send) => {
            const response = Packet.createResponseFromRequest(request);
            const [{ name = "", type } = {}] = request.questions as {
                name?: string;
                type?: number;
            }[];
            if (!known.includes(name.toLowerCase())) {
                response.header.rcode = 3;
            } else if (type === Packet.TYPE.A) {
                const address = name === "media.dev" ? publicAddress : "127.0.0.1";
                const kind = { type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 1 };
                response.answers.push(new Packet.Resource({ name, ...kind, address }));
            }
            void send(response);
        },
    });
    await dns.listen({ udp: { port: 53, address: "127.0.0.1" } });
    const origin = createServer((_request, response) => response.end("it answers"));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    const world = await startWorld();
    const secret = Buffer.alloc(32, 1).toString("base64");
    const body = { name: "home", config_src: "local", tunnel_secret: secret };
    const { id } = (await world.call("POST", tunnelsPath, body)).result as { id: string };
    const names = services.map((_, index) => `host${index}.${zone.domain}`);
    for (const name of names) {
        const target = { type: "CNAME", content: `${id}.cfargotunnel.com`, proxied: true };
        await world.client.addRecord({ zoneId: zone.id, name, ...target });
    }
    const rules = services.map(
        (service, index) =>
            `- { hostname: ${names[index] ?? ""}, service: "http://${service}:${port}" }\n`,
    );
    const config = `ingress:\n${rules.join("")}- service: http_status:404\n`;
    const json = JSON.stringify({ a: accountId, t: id, s: secret });
    const token = Buffer.from(json).toString("base64");
    const connector = Connector.start({ world, binary, token, config });
    await connector.connected();
    const answers = [];
    for (const name of names) {
        const answer = await world.client.visit(world.url(name));
        answers.push("status" in answer ? answer.status : answer.error);
    }
    writeFileSync(1, JSON.stringify(answers));
    process.exit(0);
}

const [binary = "", ...services] = process.argv.slice(2);
void main(binary, services);
