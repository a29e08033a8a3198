import { homeOf, provenColdStart } from "./cold-start";
import { loadConfig } from "./config";

/** The configuration of a home that comes back: a module of its own, so that nothing is loaded, and nothing made, before the proof. */
export const config = loadConfig();
provenColdStart(homeOf(config));
