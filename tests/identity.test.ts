import assert from "node:assert/strict";
import { BlockList } from "node:net";
import {
    clusterCidr,
    clusterDns,
    gateway,
    internet,
    pis,
    prefixLength,
    resolvers,
    serviceCidr,
} from "../lab/facts";
import { networkUnit } from "../lab/identity";

function inside(address: string, cidr: string): boolean {
    const [net = "", length = ""] = cidr.split("/");
    const list = new BlockList();
    list.addSubnet(net, Number(length));
    return list.check(address);
}

describe("the house's address plan", () => {
    const house = `${gateway}/${prefixLength}`;

    it("gives the gateway, each Pi and each stand-in an address of its own, all in one network", () => {
        const all = [
            gateway,
            ...pis.map((pi) => pi.address),
            internet.api.address,
            internet.edge.address,
        ];
        assert.equal(new Set(all).size, all.length);
        assert.deepEqual(
            all.filter((address) => !inside(address, house)),
            [],
        );
    });

    it("keeps pods, services and the house apart, and each Pi's pods in the cluster's range", () => {
        const pods = pis.map((pi) => pi.podCidr.replace("/24", ""));
        assert.equal(new Set(pods).size, pis.length);
        for (const address of pods) {
            assert.ok(inside(address, clusterCidr), address);
            assert.ok(!inside(address, house) && !inside(address, serviceCidr), address);
        }
        assert.ok(inside(clusterDns, serviceCidr));
        assert.ok(!resolvers.some((address) => inside(address, house)));
    });

    it("has one server", () => {
        assert.equal(pis.filter((pi) => pi.role === "server").length, 1);
    });
});

describe("networkUnit", () => {
    it("gives a Pi its address, and a route to every other Pi's pods but not to its own", () => {
        const [first, ...others] = pis;
        assert.ok(first);
        const unit = networkUnit(first);
        assert.match(unit, new RegExp(`^Address=${first.address}/${prefixLength}$`, "m"));
        assert.ok(!unit.includes(first.podCidr));
        for (const other of others) {
            assert.ok(
                unit.includes(`Destination=${other.podCidr}\nGateway=${other.address}\n`),
                unit,
            );
        }
    });
});
