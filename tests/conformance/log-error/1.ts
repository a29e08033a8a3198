import { local } from "@pulumi/command";
new local.Command("a", { create: "true" });
