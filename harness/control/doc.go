// Package control runs scenarios for whoever asks over HTTP: every run that was started can be found until its result is too
// old, in the state that it is in, with all its run variables, whatever became of its caller or of the service.
//
// # Why not something that exists
//
// Load tools have servers for their own scripts, in their own languages. Here scenarios are Go functions of a program, of
// which this is a part: it starts them, tells what they do while they do it, and keeps what became of them. What is left is
// done by libraries: huma makes the API, its checks and its description of Go types; SQLite keeps results; package
// harness/load runs the load and harness/load/report makes the files. Huma's own server-sent events are not used, since they
// cannot answer "there is no such run"; nor is its page of documents, which loads another's script.
//
// # Use
//
//	type Checkout struct {
//		Items int `json:"items" minimum:"1" doc:"How many each user buys"`
//	}
//	checkout := control.Define("checkout", "Users buy items", func(ctx context.Context, p Checkout) (control.Prepared, error) {
//		return control.One(load.Scenario{Name: "checkout", Target: target, User: buy(p.Items)}), nil
//	})
//	server, err := control.New(ctx, control.Options{Database: "runs.db", Scenarios: []control.Scenario{checkout}})
//	defer server.Close()
//	listener, err := server.Listen(ctx)
//	err = server.Serve(ctx, listener)
//
// or, as the whole main function of a program with the flags of "lockstep serve", serve.Main(checkout) of package serve. The
// scenarios url and har are always there; the command line has phonebook, too. A caller sends
//
//	POST /api/runs {"scenario": "checkout", "params": {"items": 3}, "profile": "rampUsers(10).during(5)", "vars": {"LIMIT": 10}, "id": "nightly-1"}
//	GET  /api/runs/nightly-1          → state, counts, statistics, vars, first failures, buckets
//	POST /api/runs/nightly-1/cancel {} → the same, when it has ended; {"graceful": true} lets users finish
//	GET  /api/runs?limit=100          → the latest runs; with before=ID those that started before one
//	GET  /api/runs/nightly-1/events   → server-sent events until it has ended
//	GET  /api/runs/nightly-1/files/report.html
//	GET  /api/scenarios               → what can be run, with its parameters
//	GET  /openapi.json                → all of it, described
//
// and / is a page that shows it live. Package client is the API in Go; "lockstep run" is the command line.
//
// # Counts
//
// An execution is a user of the load. It passed, failed, was aborted (the run itself interrupted it: its time was over, or fewer
// users were wanted), or was cancelled with its run. Finished is the first three together; what was started and is neither
// finished nor cancelled is in progress. A run whose executions failed has passed unless an assertion says otherwise.
//
// # Who may do what
//
// The service listens on the loopback; any other address needs a token and TLS, or an option that says insecure. On the
// loopback it answers only to names of the loopback, so that no page can lead its own name here. What changes something has
// to be JSON, and not to come from a page of another origin. Runs go to the loopback and to targets that are allowed by name;
// names are not resolved to find out. No parameter names a file of the service's machine, and nothing is executed. A caller can
// load what runs may be pointed at: other services of the loopback, too. Secrets are found by their names (package
// sessions/redact), in parameters, variables and messages, before anything is kept or told. Limits says how much is allowed.
//
// # Concurrency
//
// A Server may be used by many goroutines. Each run has one goroutine, besides those of the load, which Serve and Close wait
// for. A query takes a snapshot, at most ten a second of a run, which callers share, and changes nothing. A run in progress is
// written down every two seconds, so a service that was killed has lost no more; the next one marks what was unfinished as
// aborted. A database belongs to one service as long as that is there.
//
// # Errors
//
// Options that do not fit are refused by New with sessions.ErrInvalidOption, and a database that another service uses with
// ErrInUse. Start, Run, Cancel and File wrap the sentinels of
// this package, which the API tells as problem documents (RFC 9457) with the types urn:lockstep:problem:invalid,
// unknown-scenario, unknown-run, unknown-file, run-exists, too-many, ending, host, origin, content-type, token, not-found,
// internal; all that is wrong with a start is in the problem's errors, each with its place.
package control
