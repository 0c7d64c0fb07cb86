// Package virtual has virtual users: HTTP sessions that cost almost nothing, so that one processor core can be tens
// of thousands of requests a second, or tens of thousands of users.
//
// # Why
//
// A user of package httpuser costs what net/http costs: some forty microseconds of processor time for a request. One
// of these costs little more than the system calls, because it is one user, who does one thing at a time: its
// connection, its cookies and its last answer are its own, so nothing is locked, queued or copied. fasthttp reads
// the answers; connections, deadlines, redirects and cookies are here. An idle user keeps no buffers. Each request
// yields one sample for statistics, with the time at which it was intended to start.
//
// It is a sessions.Session as the others are, and sessiontest holds it to that: it has a name, says what it is doing, and
// gives evidence without secrets.
//
// # Use
//
//	target, err := virtual.NewTarget(virtual.Options{BaseURL: "https://shop.example"})
//	u, err := target.User(sessions.Identity{Name: "user 17"}, recorder)
//	defer u.Close(ctx)
//
//	r, err := u.Get(ctx, "/items")
//	r, err = u.Do(ctx, virtual.Request{Name: "add item", Method: "POST", Path: "/items", JSON: item, Check: created})
//	err = u.Group("checkout", func() error { ... })
//
// A request without a check wants 2xx or 304. Package harness/load/check has checks of headers, bodies, JSON and
// more, which can save variables of the user. A Response and its Body are valid until the user's next request.
//
// Nothing is sent to anybody but the target: addresses and redirects that lead elsewhere fail as Foreign, unless
// Options.Hosts names the host. No proxies of the environment are used, and no header is sent that nobody asked for
// but Host, Content-Length, Cookie and, with Compression, Accept-Encoding.
//
// # Transports
//
// The usual one speaks HTTP/1.1 over one kept connection for each host and user, made when it is first needed. With
// Options.Connections users share them, as those of a gateway would; Options.HTTP2 uses net/http. A kept connection
// that turns out to be closed before any byte of the answer came is replaced, and the request repeated once, if
// its method is idempotent (RFC 9110, section 9.2.2); other methods fail as Stale.
//
// # Concurrency
//
// A Target and Connections may be used by many goroutines. A User's verbs are for one goroutine at a time; Doing,
// Done, Err, Evidence and Close may be called from others meanwhile. No goroutine is started, but by net/http.
//
// # Errors
//
// Do returns a *sessions.SessionError; below it an *Error has the Class and a message that is the same for the same
// mistake, so that failures can be counted by it. A status that the check does not want is an error, too, and the
// answer is returned beside it. What was never sent wraps ErrNotSent. Options that do not fit are refused by
// NewTarget with sessions.ErrInvalidOption.
package virtual
