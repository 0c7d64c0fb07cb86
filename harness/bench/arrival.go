package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// ArrivalSchema names the form of ArrivalResult as JSON.
const ArrivalSchema = "lockstep/bench-arrival/1"

// ArrivalOptions say what Arrival measures.
type ArrivalOptions struct {
	// Driver makes the sessions.
	Driver browser.Driver
	// Sessions is how many users click; zero means 8.
	Sessions int
	// Rounds is how often they do, in each way; zero means 50.
	Rounds int
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

// ArrivalResult is how far apart real clicks of several browsers reach the server: the spread of a round is the time
// between the first and the last of its requests, each taken when the server has read all of it.
type ArrivalResult struct {
	Schema   string `json:"schema"`
	Browser  string `json:"browser"`
	Driver   string `json:"driver"`
	Sessions int    `json:"sessions"`
	Rounds   int    `json:"rounds"`
	// BarrierClick lets all users click at the same moment.
	BarrierClick Spreads `json:"barrier_click"`
	// CDPFetch holds the requests in the browsers, by DevTools' interception, and lets all go on at the same moment. Nil with
	// a driver that is not chromedp.
	CDPFetch *Spreads `json:"cdp_fetch,omitempty"`
	// Gateway holds the requests at the gateways and releases them together: over HTTP/1.1, and GatewayHTTP2 over HTTP/2 with TLS.
	Gateway      Spreads `json:"gateway"`
	GatewayHTTP2 Spreads `json:"gateway_h2"`
	// The ratios are how many times tighter the gateway is, by the medians.
	RatioBarrier float64 `json:"ratio_barrier_over_gateway_p50"`
	RatioCDP     float64 `json:"ratio_cdp_over_gateway_p50,omitempty"`
}

// Spreads are percentiles of the rounds' spreads in milliseconds.
type Spreads struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	Max float64 `json:"max_ms"`
}

// Arrival measures how far apart clicks reach a server.
func Arrival(ctx context.Context, o ArrivalOptions) (result *ArrivalResult, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	version, err := browserVersion(ctx)
	if err != nil {
		return nil, err
	}
	target := startTarget()
	defer target.close()
	crowd, err := gather(ctx, o, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, crowd.close(ctx)) }()
	spreads := map[string][]time.Duration{}
	ways := crowd.ways(o.Driver)
	for round := range o.Rounds { // in turn, so that all meet the same machine
		o.Progress(fmt.Sprintf("round %d of %d", round+1, o.Rounds))
		for _, way := range ways {
			spread, err := crowd.round(ctx, target, way)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", way.name, round+1, err)
			}
			spreads[way.name] = append(spreads[way.name], spread)
		}
	}
	return arrived(&ArrivalResult{Schema: ArrivalSchema, Browser: version, Driver: o.Driver.Name(), Sessions: o.Sessions, Rounds: o.Rounds}, spreads), nil
}

func (o *ArrivalOptions) complete() error {
	o.Sessions, o.Rounds = cmp.Or(o.Sessions, 8), cmp.Or(o.Rounds, 50)
	if o.Sessions < 2 || o.Rounds < 1 {
		return fmt.Errorf("%w: %d sessions, %d rounds: want at least two sessions and one round", browser.ErrInvalidOption, o.Sessions, o.Rounds)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return nil
}

// arrived puts the figures into the result.
func arrived(r *ArrivalResult, all map[string][]time.Duration) *ArrivalResult {
	r.BarrierClick, r.Gateway, r.GatewayHTTP2 = spreads(all[barrierClick]), spreads(all[byGateway]), spreads(all[byGatewayHTTP2])
	if r.Gateway.P50 == 0 {
		return r
	}
	r.RatioBarrier = round(r.BarrierClick.P50 / r.Gateway.P50)
	if times := all[cdpFetch]; times != nil {
		s := spreads(times)
		r.CDPFetch, r.RatioCDP = &s, round(s.P50/r.Gateway.P50)
	}
	return r
}

func spreads(all []time.Duration) Spreads {
	at := ranked(all)
	return Spreads{P50: fine(at(0.50)), P90: fine(at(0.90)), Max: fine(at(1))}
}
