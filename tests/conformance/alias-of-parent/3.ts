import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
class X extends pulumi.ComponentResource {
    constructor(type: string, name: string, opts?: pulumi.ComponentResourceOptions) {
        super(type, name, {}, opts);
        new local.Command(`${name}-a`, { create: "true" }, { parent: this });
        new local.Command("b", { create: "true" }, { parent: this });
    }
}
new X("t:index:Y", "y", { aliases: [{ type: "t:index:X", name: "x" }] });
