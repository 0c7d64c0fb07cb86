// Package gateway is the proxy of one session: it passes the bytes of each request and response on as they came,
// sees when each went by, and can hold a request until it is released, alone or together with requests of other
// sessions in one burst.
//
// # Why
//
// Two real clicks that are started at the same time reach the server many milliseconds apart: each goes through an
// event loop, a renderer and a network process first. To make a race between them happen every time, they must be
// held where nothing is left to do but to hand a last byte to the kernel. That is here: a request that is released
// together with others is sent but for its last byte, on a connection that is open, and the last bytes of all are
// then written by one goroutine. Proxies that exist read a message and write another one: they change the order and
// the case of fields, and none can keep back a byte.
//
// # Use
//
//	gw, err := gateway.Listen(ctx, gateway.Options{Session: "owner"})
//	defer gw.Close()
//	rule, err := gw.Hold(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/rename"})
//	// … the session, whose proxy is gw.URL(), clicks …
//	held, err := rule.Held(ctx)
//	burst, err := gateway.Together(ctx, held, heldOfTheOther)
//
// # What it does with bytes
//
// Over HTTP/1.1, with TLS and without, method, path, fields and body arrive as they were sent, letter by letter; only fields
// that are for the hop to the proxy are taken out. Over HTTP/2, which both sides speak if the server does, they mean
// the same: frames and the order of fields with different names are net/http's. WebSockets, event streams and bodies of any size flow
// in constant memory. Each connection of the session has its own to the server; if that ends during a request, so does the
// session's. A burst over HTTP/2 has one for all sessions that take part, but for those that show certificates.
//
// TLS is opened with certificates of an authority that is made for the run and kept in memory; the server's own are
// verified. What is neither TLS nor HTTP passes unread, and the record says so; the session has to speak first.
//
// # Who may use it
//
// It listens on loopback and asks everybody for credentials that only its session is given.
//
// # Concurrency
//
// A Gateway, its rules and what they hold may be used by several goroutines. It has a goroutine for each
// connection, one more for a body that is being sent and one for a client that is watched while its request is
// held or takes long; Close ends all of them and waits.
//
// # Errors
//
// ErrInvalidRule: a rule that does not fit, told when it is made. ErrMalformed: somebody does not speak HTTP/1.1; such a
// message is refused, or broken off where that is noticed in its body. ErrDropped, ErrFault: somebody wanted the exchange to fail. Where the gateway answers
// in the server's place, the answer says so (AnsweredField) and names the session and the request; where a response was
// cut off, the session sees it cut off, and the record says why. A session that has all connections to a host taken
// is told by Starved.
package gateway
