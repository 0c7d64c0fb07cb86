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
//	// … the session, whose proxy is gw.Address(), clicks …
//	held, err := rule.Held(ctx)
//	burst, err := gateway.Together(ctx, held, heldOfTheOther)
//
// # What there is today
//
// HTTP/1.1 without TLS, with upgrades and streams; rules at request out and response in that hold, delay, reset or
// answer with a status. Tunnels (CONNECT) are passed through unread: TLS, HTTP/2, rules about fields and bodies, HAR,
// starvation by held connections, the count against the server's, and a secret that keeps other users of the machine
// out are still to come.
//
// # Concurrency
//
// A Gateway, its rules and what they hold may be used by several goroutines. It has a goroutine for each
// connection, one more for the body that is being sent and one for a client that is watched while its request is
// held; Close ends all of them and waits.
//
// # Errors
//
// ErrInvalidRule: a rule that does not fit, told when it is made. ErrMalformed: somebody does not speak HTTP/1.1; such a
// message is refused and not passed on. Where the gateway answers in the server's place, the answer says so and names the
// session and the request.
package gateway
