import { local } from "@pulumi/command";
const first = new local.Command("first", { create: "true" }, { aliases: [{ name: "old" }] });
new local.Command("second", { create: "true" }, { aliases: [{ name: "old" }], dependsOn: first });
