// Package replay lets virtual users do what a browser did: the requests of a HAR, in their order, to one host and to
// nobody else, with the pauses in which a person thought or without.
//
// # Why
//
// What a page asks for is seldom known to those who would write it down. A HAR has it, of a session's gateway or of
// any tool. But a recording has values that are good once only: a token of a form, the number of what was just created.
// Those are found and told, so that a replay does not silently measure how quickly a server refuses.
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
// Left out are requests to other hosts, those that a redirect before them led to (users follow redirects), and headers that
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
