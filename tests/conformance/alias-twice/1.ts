import { local } from "@pulumi/command";
new local.Command("old", { create: "true" });
