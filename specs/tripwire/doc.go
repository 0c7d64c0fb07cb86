// Package tripwire proves that no request of a browser slips past the gateway of its session: over all traps of
// package fixtures/traps, with each driver, what the server counted is compared with what the gateway recorded. Each
// request has to be there once, with the same method, address and status; nothing else may be there; and where a trap defines an
// order, the record has it. A browser without a gateway shows that the comparison can fail.
//
// Traps are loaded in the clear over HTTP/1.1, and over TLS and HTTP/2, in sessions of their own, several at once in one
// browser. An ordinary run loads each in one way with one driver and in the other way with the other; with LOCKSTEP_STRESS=1
// each is loaded six times in all four ways.
package tripwire
