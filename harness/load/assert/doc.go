// Package assert holds a load run against what was promised of it: an assertion holds, is broken, or has no data,
// and no data is a failure that says so.
//
// # Why
//
// A run that nobody judges cannot fail. Assertions are texts, so that the command line, a spec and a configuration
// say the same thing in the same way, and a mistake in one is shown with its column before the run starts.
//
// # Grammar
//
//	assertion = [ scope ] figure comparison value [ "abort" [ "after" time ] ]
//	scope     = NAME | "request" NAME | "group" NAME | "scenario" NAME | "each" ":" | "lateness"
//	figure    = ( "min" | "max" | "mean" | "stddev" | "p" number ) { ".intended" | ".actual" | ".ok" | ".ko" }
//	          | "count" | "ok" | "errors" | "rps"
//	comparison = "<" | "<=" | "=" | "!=" | ">=" | ">"
//	value     = time | number | number "%" | number "/s"
//
// NAME is in quotation marks. Without a scope all requests are meant; "each:" means every request name by itself.
// Times are from the intended start and of all requests that ended, unless a suffix says otherwise. "ok" and
// "errors" are numbers, or shares with %, or rates with /s. The warm-up is that of stats.Options, and is left out.
//
// # Use
//
//	promises, err := assert.ParseAll("p95 < 200ms", "errors < 1% abort after 30s", `"add item" p99.actual <= 500ms`)
//	for _, p := range promises {
//		if p.Aborts(run.Snapshot()) { ... } // while the run goes on
//		results := p.Evaluate(run.Snapshot())
//	}
//	Expect(run.Snapshot()).To(assert.Hold("each: max < 2s"))
//
// # Concurrency
//
// Assertions are values and snapshots do not change; a Matcher is for one goroutine.
//
// # Errors
//
// Parse returns a *SyntaxError, which wraps sessions.ErrInvalidOption.
package assert
