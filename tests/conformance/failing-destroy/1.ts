import { local } from "@pulumi/command";
const p = new local.Command("p", { create: "true", delete: "true" });
new local.Command("q", { create: "true", delete: "exit 4" }, { dependsOn: p });
new local.Command("s", { create: "true", delete: "true" });
