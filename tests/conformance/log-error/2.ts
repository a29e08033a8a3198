import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
void pulumi.log.error("the program goes on all the same");
new local.Command("b", { create: "true" });
