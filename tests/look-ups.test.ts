import assert from "node:assert/strict";
import { namesAsked } from "../config/look-ups";
import { coldStart } from "../cold-start";
import { homeWith, pathsOf, route } from "./cold-start-homes";

describe("names in the connector's pod", () => {
    const inCluster = (host: string) => [`${host}.svc.cluster.local`, `${host}.cluster.local`];

    it("are asked for as Go's resolver does: short ones in the cluster first, others once where they exist", () => {
        assert.deepEqual(namesAsked("media.dev"), [...inCluster("media.dev"), "media.dev"]);
        assert.deepEqual(namesAsked("git.git.svc"), ["git.git.svc", ...inCluster("git.git.svc")]);
        assert.equal(namesAsked("api.cloudflare.com")[0], "api.cloudflare.com");
        assert.deepEqual(namesAsked("nas.lan."), ["nas.lan"]);
    });

    it("ask for no public name of the pod's own in the cluster first", () => {
        for (const host of [
            ...["api.cloudflare.com", "region1.v2.argotunnel.com", "cfd-features.argotunnel.com"],
            ...["_v2-origintunneld._tcp.argotunnel.com", "update.argotunnel.com"],
        ]) {
            assert.equal(namesAsked(host)[0], host);
        }
    });

    // Each is a name of the Service `media` that the proof has to see, or the circle stays hidden.
    for (const host of [
        ...["media.dev", "media.home", "media.dev.svc", "media.dev.svc.cluster.local"],
        ...["media-0.media.dev", "media-0.media.dev.svc"],
    ]) {
        it(`lead the cold-start proof to the Service behind ${host}`, () => {
            const changes = {
                routes: [route("media.home.example", `http://${host}:80`)],
                services: [{ name: "media", image: "media.home.example/me/media:1" }],
            };
            assert.deepEqual(pathsOf(changes), [
                "media → image media.home.example/me/media → media",
            ]);
        });
    }

    it("of the LAN and outside stay what they are to the proof", () => {
        const placeOf = (host: string) =>
            coldStart(
                homeWith({ routes: [route("a.home.example", `http://${host}`)] }),
            ).world.things.get(`at:${host}`)?.place;
        assert.equal(placeOf("nas.lan"), "house");
        assert.equal(placeOf("www.example.com"), "outside");
    });
});
