import type { Drill } from "./drill";
import { nodeWatch, publicWatch, tunnelWatch } from "./watches";

/** No registry answers, neither the house's own nor anybody's. */
export const registry: Drill = {
    name: "registry",
    about: "no registry answers when the power comes back: every pod starts from the images that are on the Pis",
    zero: "power on",
    scope: {},
    minutes: 15,
    async break(house) {
        const [pi] = house.pis;
        // The lab's internet has none: that is seen here, not assumed.
        const asked = `curl -s -m 3 -o /dev/null https://registry-1.docker.io/v2/ && echo it answers || echo no answer`;
        const answer = pi === undefined ? "" : (await house.ssh(pi, asked)).trim();
        await house.cutPower(house.pis);
        return [{ name: "no registry answers", ok: answer === "no answer", detail: answer }];
    },
    async mend(house) {
        await house.givePower(house.pis);
    },
    milestones: (house) => [
        ...house.pis.map((pi) => nodeWatch(house, pi, 300)),
        tunnelWatch(house, 300),
        publicWatch(house, 300),
    ],
    async verify(house) {
        const reasons = 'jsonpath={range .items[?(@.reason=="Failed")]}{.message}{"\\n"}{end}';
        const failed = await house.kube("get", "events", "-A", "-o", reasons);
        const pulls = failed.split("\n").filter((message) => message.includes("pull"));
        const list = await house.kube("get", "pods", "-A", "--no-headers");
        const waiting = list.split("\n").filter((line) => /ImagePull|ErrImage/.test(line));
        return [
            {
                name: "no pod waits for an image",
                ok: waiting.length === 0 && pulls.length === 0,
                detail: [...waiting, ...pulls].join("; ") || "none pulled, none waits",
            },
        ];
    },
};
