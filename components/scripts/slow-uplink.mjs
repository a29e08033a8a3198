// Lets Node connect over an uplink whose round trip is long: a satellite, a far mobile network, a line that is full because the whole
// house starts again. It is imported for this effect, by every script that asks somebody outside. Node gives each address of a
// name but the last 250 ms (nodejs/node#54359; 500 ms in newer majors), and the last is often an IPv6 address that no pod can reach.

import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";

/**
 * Milliseconds that each address has. A geostationary satellite takes 600 to 700, and TCP sends its first packet again after 1000
 * (RFC 6298). With the other family next in turn, one address that is silent still leaves time in a request's 10 s.
 */
export const attemptTimeout = 3_000;

setDefaultAutoSelectFamilyAttemptTimeout(attemptTimeout);
