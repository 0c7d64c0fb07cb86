// Package pg is a proxy in front of PostgreSQL: it passes the bytes of both sides on as they came, sees each statement,
// and can hold it before the server has it, so that the order in which statements of several connections happen is chosen.
//
// # Why
//
// Most defects of applications with several users are between two statements of one request. Nothing outside the application
// sees that place but the database's protocol. Proxies that exist pool and balance connections; none lets one statement wait for another's.
//
// # Use
//
//	gw, err := pg.Listen(ctx, pg.Options{Upstream: "postgres://phonebook:secret@127.0.0.1/phonebook"})
//	defer gw.Close()
//	// … the application, whose database is gw.URL(), starts …
//	rule, err := gw.Hold(pg.Match{SQL: "^UPDATE contacts"})
//	held, err := rule.Held(ctx)
//	// … another user does something …
//	held.Release()
//
// A scheduler stands at the gateway by Guard.
//
// # What is a point
//
// A statement about to run: all of a simple query, or what the extended protocol binds to a portal, because the server takes its snapshot
// then. COMMIT and ROLLBACK are points, and so is a Sync that commits what had been answered before it. BEGIN, SET, SHOW, RESET,
// DISCARD, DEALLOCATE, SAVEPOINT, RELEASE, empty queries, Parse and Describe are none. While somebody looks (a gate or
// rules), the next statement of a connection waits until the one before it has ended: pipelines are taken apart by a Flush where the
// application sent none. A statement outside a transaction has ended when its Sync has committed it.
//
// # What it does with bytes
//
// They pass as they were sent, but for these: an application's request for TLS is answered here; mechanisms of authentication that bind
// to TLS (SCRAM-SHA-256-PLUS) are taken off the server's list, because the application's TLS, if any, is not the server's
// (an application that speaks TLS with the gateway has to be told channel_binding=disable); a level of isolation is added to the first message, or
// set later, where somebody asked for one. Results of any size flow in constant memory. Requests to cancel pass
// on, and make a statement that is held fail as the server would. Replication passes unread. What is not understood passes unchanged, and Notes says so.
//
// # Lock waits
//
// A released statement that is not answered at once is asked about over a connection of the gateway's own, with pg_blocking_pids. It
// needs no more permission than to connect.
//
// # Concurrency
//
// A Gateway, its rules and what they hold may be used by several goroutines. It has two goroutines for each connection, one more
// while a statement of it is held, and one that asks about lock waits; Close ends all of them and waits.
//
// # Errors
//
// ErrInvalidRule: a rule that does not fit, told when it is made. ErrMalformed: somebody does not speak the protocol; the application is
// told so by a FATAL error with SQLSTATE 08P01, and both sides are closed. ErrBroken: it is not known what became of a statement.
// ErrDropped, ErrFault: somebody wanted it to break. Where the gateway fails in the server's place, the message begins "Lockstep
// database gateway".
package pg
