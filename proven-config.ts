import * as pulumi from "@pulumi/pulumi";
import { homeOf, provenColdStart, watchWorkloads } from "./cold-start";
import { loadConfig } from "./config";

/** The configuration of a home that comes back: a module of its own, so that nothing is loaded, and nothing made, before the proof. */
export const config = loadConfig();
const home = homeOf(config);
provenColdStart(home);
// What is registered from here on may run images that nobody declared.
pulumi.runtime.registerResourceTransform(watchWorkloads(home));
