// Package sessiontest checks that a kind of session keeps what package sessions promises: Run what all kinds
// have in common, RunBrowser all that a browser session can do, alike on every driver.
//
// # Why
//
// Two drivers, an HTTP client and a virtual user behind one interface are worth something only if a scenario cannot tell
// them apart. One suite runs on all of them, so that a difference is a failure.
//
// # Use
//
//	func TestSession(t *testing.T) {
//		sessiontest.RunBrowser(t, cdpdriver.Driver{})
//	}
//
// A virtual user can do all that Run asks for, on each of its transports; its answers have no selectors, so that the suite
// parses their text itself. RunBrowser needs a real browser; see browsertest.NeedBrowser for what happens where there is none.
//
// # Concurrency
//
// The checks are parallel subtests: all sessions of a run share one browser, as they do in a scenario.
//
// # Errors
//
// What is not as promised is reported on the T.
package sessiontest
