// Package replay lets virtual users do what a browser did: the requests of a HAR, in their order, to one host and to
// nobody else, with the pauses in which a person thought or without.
//
// # Why
//
// What a page asks for is seldom known to those who would write it down. A HAR has it, of a session's gateway or of
// any tool. But a recording has values that are good once only: a token of a form, the number of what was just created.
// Each user takes those from its own answers where that is clear, and all are told, so that a replay does not silently
// measure how quickly a server refuses.
//
// # Use
//
//	recorded, err := har.Read(file)
//	r, err := replay.New(recorded, replay.Options{Target: target, ThinkTimes: true})
//	for _, c := range r.Correlations { fmt.Println(c) }
//	scenario := load.Scenario{Name: "shop", Target: virtualTarget, Profile: p, User: r.User}
//
// Steps may be changed before the run: their Prepare fills in what has to be fresh.
//
//	r.Steps[3].Prepare = func(u *load.User, request *virtual.Request) { request.Form.Set("token", u.VarText("token")) }
//
// # What is fresh each time
//
// A value of a request is taken from an answer before it if it is in exactly one place there:
//
//   - a part of a path: where the answer led to (a redirect, a Location), $.id of the JSON of what was created there by POST, or
//     the only link of its shape;
//   - a field: the hidden field of its name in the page that was sent last; a header: the header, meta element or member of
//     JSON whose name means the same, as X-CSRF-Token, csrf-token and csrf do; Authorization: the token of a log-in;
//   - any other value that looks like none that a person would write: the one member of JSON or field of a page that has it.
//
// Secrets that a recording of Lockstep has not are taken by name alone. Cookies are each user's own. Fill gives passwords, and
// names that may be there only once. What is not clear is sent as it was recorded, and its Correlation has no Taken. A
// request whose value the answer did not bring is not sent; the user's error says what was missing.
//
// Left out are requests to other hosts, streams of events and upgrades, those that a redirect before them led to (users follow redirects), and headers that
// users have of their own, cookies among them. Requests that were in progress at the same time are sent one after the other.
//
// # Concurrency
//
// A Replay is for any number of users once its steps are no longer changed.
//
// # Errors
//
// New says so if nothing is left, and which hosts the HAR has, with sessions.ErrInvalidOption.
package replay
