package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// SessionsSchema names the form of SessionsResult as JSON.
const SessionsSchema = "lockstep/bench-sessions/1"

// SessionsOptions say what Sessions measures.
type SessionsOptions struct {
	// Driver makes the sessions.
	Driver browser.Driver
	// Count is how many sessions are opened, one after another; zero means 20.
	Count int
	// Blocked is how long one session's listener is blocked while others are measured; zero leaves that out.
	Blocked time.Duration
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

// SessionsResult is what sessions cost.
type SessionsResult struct {
	Schema  string `json:"schema"`
	Browser string `json:"browser"`
	Driver  string `json:"driver"`
	Count   int    `json:"count"`
	// LaunchMS is the time until a browser's DevTools answered.
	LaunchMS float64 `json:"launch_ms"`
	// ColdMS is the time from asking for a session in a running browser until its page answered a script.
	ColdMS Percentiles `json:"cold_ms"`
	// WarmMS is the same where the page had been made in advance.
	WarmMS Percentiles `json:"warm_ms"`
	// PSSPerSession is what Count sessions add to the memory of a browser that has one already, for each of them,
	// in MiB: proportional set size, in which shared memory counts once. Zero where it cannot be read.
	PSSPerSession float64 `json:"pss_mb_per_session"`
	// PSSBrowser is the memory of the browser with its first session, in MiB.
	PSSBrowser float64 `json:"pss_mb_browser"`
	// Blocked is there if it was asked for.
	Blocked *BlockedResult `json:"blocked_listener,omitempty"`
}

// BlockedResult tells what other sessions notice of one whose listener is blocked.
type BlockedResult struct {
	// Sessions is how many others there were.
	Sessions int `json:"sessions"`
	// Seconds is how long the listener was blocked.
	Seconds float64 `json:"seconds"`
	// RoundTripMS is the time of one script in one of the others.
	RoundTripMS Percentiles `json:"round_trip_ms"`
	// RoundTrips is how many were measured.
	RoundTrips int `json:"round_trips"`
	// Waiting is how many events the blocked listener had not been handed at the end.
	Waiting int64 `json:"events_behind"`
}

// Sessions measures what sessions cost.
func Sessions(ctx context.Context, o SessionsOptions) (*SessionsResult, error) {
	if o.Count == 0 {
		o.Count = 20
	}
	if o.Count < 0 || o.Blocked < 0 {
		return nil, fmt.Errorf("%w: count %d, blocked %v: none may be negative", browser.ErrInvalidOption, o.Count, o.Blocked)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	version, err := browserVersion(ctx)
	if err != nil {
		return nil, err
	}
	result := &SessionsResult{Schema: SessionsSchema, Browser: version, Driver: o.Driver.Name(), Count: o.Count}
	for _, part := range []func(context.Context, SessionsOptions, *SessionsResult) error{cold, warm, blocked} {
		if err := part(ctx, o, result); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func browserVersion(ctx context.Context) (string, error) {
	executable, err := browser.Find()
	if err != nil {
		return "", err
	}
	return executable.Version(ctx)
}

// cold opens sessions in a running browser and keeps them, and then weighs the browser.
func cold(ctx context.Context, o SessionsOptions, result *SessionsResult) (err error) {
	o.Progress("launching the browser")
	start := time.Now()
	process, err := browser.Launch(ctx, browser.LaunchOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, process.Close()) }()
	result.LaunchMS = milliseconds(time.Since(start))
	pool, err := browser.NewPool(o.Driver, browser.PoolOptions{Attach: process.Address()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()

	// The first session of a browser starts helpers that the others share. It stays: a page that was closed takes a
	// while to give its memory back.
	if _, err := openSession(ctx, pool, "first"); err != nil {
		return err
	}
	result.PSSBrowser, _ = settledPSS(ctx, process.PID())
	var times []time.Duration
	for i := range o.Count {
		o.Progress(fmt.Sprintf("opening cold session %d of %d", i+1, o.Count))
		start := time.Now()
		s, err := openSession(ctx, pool, fmt.Sprintf("user %d", i+1))
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		defer func() { err = errors.Join(err, s.Close(ctx)) }()
	}
	result.ColdMS = percentiles(times)
	if all, ok := settledPSS(ctx, process.PID()); ok && o.Count > 0 {
		result.PSSPerSession = round((all - result.PSSBrowser) / float64(o.Count))
	}
	return nil
}

// warm opens sessions whose page is ready.
func warm(ctx context.Context, o SessionsOptions, result *SessionsResult) (err error) {
	pool, err := browser.NewPool(o.Driver, browser.PoolOptions{Warm: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var times []time.Duration
	for i := range o.Count {
		o.Progress(fmt.Sprintf("opening warm session %d of %d", i+1, o.Count))
		if err := pool.Warm(ctx); err != nil {
			return err
		}
		start := time.Now()
		s, err := openSession(ctx, pool, fmt.Sprintf("user %d", i+1))
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		if err := s.Close(ctx); err != nil {
			return err
		}
	}
	result.WarmMS = percentiles(times)
	return nil
}

// openSession returns when the session's page has answered.
func openSession(ctx context.Context, pool *browser.Pool, name string) (*sessions.Browser, error) {
	s, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: name}, sessions.BrowserOptions{})
	if err != nil {
		return nil, err
	}
	var ready string
	if err := s.Evaluate(ctx, "document.readyState", &ready); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}
