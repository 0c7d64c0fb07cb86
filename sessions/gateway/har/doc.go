// Package har writes what gateways recorded as HAR 1.2, which browsers and many tools open, and reads the HAR of any
// tool. Secrets are redacted in all that it writes.
//
// # Why
//
// What every session sent and got, with the time of each edge, is what a failed run is explained with, and what a load
// scenario is made of. HAR is the form of it that others can read. The format is the one that Jan Odvarko describes in
// "HAR 1.2 Spec".
//
// # Use
//
//	err := har.Export("run.har", redact.Redactor{}, ownersGateway, colleaguesGateway)
//	log, err := har.Read(file)
//
// Write is for exchanges that are at hand, and for other places than files.
//
// # What is written
//
// One entry for each exchange, in the order in which the requests came out of their sessions. Names that begin with an
// underscore are Lockstep's own: _session, _number (of the request in its session), _seq (the numbers of its edges, which
// order them among those of all sessions), _error, and in the timings _held, the part of receive for which the response was
// held. The time for which a request was held is blocked. headersSize is -1, which means that it is not known, and so is
// bodySize where the message did not tell.
//
// Bodies are there as far as the gateway kept them (gateway.Options.Bodies), unpacked, as text; pictures, sound and fonts as
// base64. What is neither is left out, because nobody can search it for secrets, and a comment says so. An exchange that
// goes on while it is written has a comment too. All times are UTC.
//
// # Concurrency
//
// Nothing is shared. Exporting does not disturb the gateways.
//
// # Errors
//
// What is no HAR gives an error that wraps ErrMalformed, with line and column. Members that the format does not have
// are ignored, those that tools leave out may be missing; an entry needs a time, a method and an address.
package har
