// Package harness runs one scenario of several independent users, in the order that it declares and in no other,
// and tells of each step whether it passed and, if not, because of what and in whose session.
//
// # Why not something that exists
//
// Test frameworks run specs beside each other, and drivers drive one page. Neither knows that two users are in one
// spec: that the owner's click comes after the colleague's contact, that a step was never run because another user's
// precondition failed, that one user waits for another who cannot come any more. A plain Expect in several
// goroutines loses all failures but the first. Here every session speaks, and the spec fails once, with all of it.
//
// # Use
//
//	h := harness.New(GinkgoT(), harness.BaseURL(url)) // or a *testing.T
//	acme := h.Tenant("acme")
//	owner, colleague := acme.Browser("owner"), acme.Browser("colleague")
//
//	sc := h.Scenario("rename a filled phonebook")
//	created := sc.Precondition(owner, "creates a phonebook", createPhonebook)
//	filled := sc.Precondition(colleague, "adds a contact", addContact, harness.Requires(created))
//	sc.Step(owner, "presses edit", pressEdit, harness.Requires(filled))
//
//	Expect(sc.Run(ctx)).To(harness.Pass()) // or: if err := sc.Run(ctx).Err(); err != nil { t.Fatal(err) }
//
// A declaration never fails. What is wrong with any of them is found by Run before anything starts, and all of it is
// reported at once, with file, line and a hint.
//
// # Order and outcomes
//
// Requires is order and gate, After is order only. Steps without an order between them run at the same time, unless
// they are of one session: those run in the order of declaration. What becomes of a step:
//
//	event                                  its body   result      its postconditions  who requires it  who is after it
//	-------------------------------------  ---------  ----------  ------------------  ---------------  ---------------
//	all that it needs passed, body passed  runs       passed      run                 run              run
//	its body failed or panicked            runs       failed      run                 skipped          run
//	a precondition did not pass            -          blocked     run                 skipped          run
//	a step that it requires did not pass   -          skipped     -                   skipped          run
//	the same, and it is AlwaysRun          runs       its own     run                 by its result    run
//	its timeout passed                     is ended   timed out   run                 skipped          run
//	a postcondition failed                 -          unchanged   the others run      run              run
//	the browser of its session died        is ended   errored     run where they can  skipped          run
//	the run was stopped                    is ended   aborted     run                 aborted          aborted
//
// Preconditions and postconditions have records of their own and are not counted. A scenario passes if all of its
// items did. Barrier declares a rendezvous; whoever waits at one is told at once, with the reason, when somebody who is
// missing cannot come any more.
//
// # What sessions share
//
// Vars are run variables (package sync/vars), which all sessions of a run share: a counter, the name of what another has made,
// a value to wait for. Draw takes a row of test data (package harness/data) for the session, under the policy of its feeder, until
// the run ends; Feeds has it checked before the run whether there is enough.
//
//	id, err := harness.Vars(ctx).Await(ctx, "", "PHONEBOOK", vars.Present())
//	account, err := harness.Draw(ctx, accounts)
//
// # Gateways
//
// Each browser session has a gateway, and an HTTP session with the option WithGateway: bodies find it with the session's
// Gateway method. TLS names the authorities of test servers, KeepBodies keeps bodies in the records. When the bodies of
// a run have ended, everything that is held is let go, and a rule that never matched is among the problems of the result,
// whose outcome it does not change.
//
// # Races
//
// Marks names the request of a step that matters, and Scenario.Race the steps whose marked requests meet the server together.
// Repeat runs them round after round with fresh sessions, checks the invariants after each, and tallies who was first, what
// each saw and what is stored; Sweep releases one before and after the other and finds how wide the window is. A
// RaceResult has rates with their confidence intervals, beside those of a plain start where they were asked for.
//
// # Explorations
//
// Scenario.Explore runs the scenario under one order of points after another, with fresh sessions for each and only one session
// moving at a time: Exhaustive, PCT, POS or RandomOrder say which orders. Points are the starts of steps and, at the
// gateways, requests; At adds responses and barriers. An HTTP session goes on when its request is released; a browser's page,
// when it has done all that there was to do and each of its requests is held, which is asked of the browser and not
// guessed by waiting. Before makes fresh data, Invariant says what must be so after each schedule. A failure is
// minimised to the few constraints that bring it about, replayed, and kept with a diagram and the evidence of all
// sessions; Scenario.Replay, the variable LOCKSTEP_SCHEDULE and `lockstep replay` bring it back.
//
//	result := sc.Explore(ctx, harness.Exhaustive(), harness.Before(reset), harness.Invariant("a voucher is redeemed once", once))
//	Expect(result).To(harness.HoldInEverySchedule())
//
// What happens within one request has no point in it, but for what Statements adds: the SQL statements that the application sends
// through a database gateway (package sessions/gateway/pg), each as part of its request. A failure is then tried at each transaction
// isolation level, and the result says where it is still wrong, refused or silent.
//
// A body that sends requests from goroutines of its own, and a page that acts by timers, can move when nobody expects it.
//
// # Concurrency
//
// Declare in one goroutine. Run may be called again and again, one scenario of a harness at a time; each run has
// fresh sessions, barriers and records. Each body has a goroutine of its own, and uses the context, the Gomega and the
// session that it is handed. A failed assertion ends the goroutine that made it, whether the body started it or not, so
// a body that starts goroutines waits for them with defer. Run returns when all bodies have. A body that ignores the
// end of its context for 5 s is left behind: the result says so, and its session is not used again in that run.
//
// # Errors
//
// Result.Err joins the errors of all sessions, each a *sessions.SessionError with session and step; below them are
// *AssertionError, *PanicError, *sessions.ActionError, *barrier.BrokenError and whatever bodies returned. A scenario that
// was not begun has an *InvalidScenarioError, ErrRunning or ErrClosed. A run that does not pass keeps evidence of all
// its sessions: in the Result, and in files below Artifacts.
//
// # Ginkgo
//
// Given GinkgoT() or GinkgoTB(), a harness takes its seed from Ginkgo, closes itself when the spec ends, answers
// Ginkgo's progress reports, keeps evidence of a spec that fails later, and adds each result to the report: Results
// collects them in ReportAfterSuite, those of parallel processes included. LaunchBrowser starts one browser for all of
// these. No other file of the package knows of Ginkgo.
package harness
