// Package tripwire proves that no request of a browser slips past the gateway of its session: over all traps of
// package fixtures/traps, with each driver, what the server counted is compared with what the gateway recorded. Each
// request has to be there once, with the same method, address and status; nothing else may be there; and where a trap defines an
// order, the record has it. A browser without a gateway shows that the comparison can fail.
//
// An ordinary run loads each trap once with each driver, in sessions of their own, several at once in one browser. With
// LOCKSTEP_STRESS=1 each is loaded ten times.
package tripwire
