import { oneAgent, type Drill } from "./drill";
import { k3sWatch, mountWatch, nodeWatch } from "./watches";

/** A drive that is not there at boot. */
export const drive: Drill = {
    name: "drive",
    about: "one Pi boots without its drive: k3s does not start on the bare card, and returns with the drive",
    zero: "the drive is plugged in again",
    scope: {},
    minutes: 10,
    async break(house) {
        const pi = oneAgent(house);
        await house.powerOff(pi);
        await house.pullDrive(pi);
        await house.powerOn(pi);
        const state = await house.ssh(pi, "systemctl is-active k3s-agent || true");
        const card = await house.ssh(pi, "ls -A /var/lib/rancher");
        return [
            {
                name: `k3s does not start on ${pi.name}'s bare card`,
                ok: state.trim() !== "active",
                detail: `k3s-agent is ${state.trim()}`,
            },
            {
                name: `nothing of k3s's is written to ${pi.name}'s card`,
                ok: card.trim() === "",
                detail: card.trim() || "/var/lib/rancher is empty",
            },
        ];
    },
    async mend(house) {
        await house.plugDrive(oneAgent(house));
    },
    milestones(house) {
        const pi = oneAgent(house);
        return [mountWatch(house, pi, 60), k3sWatch(house, pi, 120), nodeWatch(house, pi, 180)];
    },
};
