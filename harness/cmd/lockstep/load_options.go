package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// loadOptions are the flags of the command, as they were given.
type loadOptions struct {
	url, profile, method, body, name, har, harHost, authority, sweep, pause, throttle, shard, out string
	headers, checks, asserts, fill                                                                []string
	start                                                                                         profile.Start
	iterations                                                                                    int
	seed                                                                                          uint64
	warmUp, maxDuration, gracefulStop, maxLateness, timeout, pace                                 time.Duration
	shared, compression, http2, asJSON                                                            bool
	prometheus                                                                                    string

	notes []string // what is to be known before the run
}

func (o *loadOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.url, "url", "", "address of the requests; nothing is sent to any other host")
	f.StringVar(&o.profile, "profile", "", "when users arrive, or how many are present")
	f.StringVar(&o.method, "method", "", "method (default: GET, or POST with --body)")
	f.StringArrayVar(&o.headers, "header", nil, "header 'Name: value' of every request")
	f.StringVar(&o.body, "body", "", "what is sent; @FILE is the content of a file")
	f.StringArrayVar(&o.checks, "check", nil, "what an answer is to be like")
	f.StringVar(&o.name, "name", "", "name of the request in the report (default: method and path)")
	f.StringVar(&o.har, "har", "", "replay the requests to the host of --url in this HAR")
	f.StringVar(&o.harHost, "har-host", "", "host of the HAR whose requests are sent to that of --url (default: the same host)")
	f.StringArrayVar(&o.fill, "fill", nil, "field 'name=value' of a HAR's requests in place of what was recorded; value may be @FILE and have {user}, {iteration}")
	f.StringArrayVar(&o.asserts, "assert", nil, "what the run is to be like")
	f.StringVar(&o.sweep, "sweep", "", "numbers of users, each of which does --total executions as a fixed pool")
	f.IntVar(&o.start.Total, "total", 0, "executions in all")
	f.IntVar(&o.start.Backlog, "backlog", 0, "at most so many executions in progress; 0 is any number")
	f.Float64Var(&o.start.CPS, "cps", 0, "at most so many executions started per second; 0 is any number")
	f.DurationVar(&o.start.Ramp, "ramp", 0, "time in which --cps is reached from 0")
	f.StringVar(&o.pause, "pause", "", "how long a user pauses after each request (default: not at all)")
	f.DurationVar(&o.pace, "pace", 0, "time from the start of a user's iteration to that of its next")
	f.StringVar(&o.throttle, "throttle", "", "limit of requests per second: 'reachRps(100).in(10), holdFor(1.minute)'")
	f.StringVar(&o.shard, "shard", "", "this machine is I of N, as I/N from 1: together they are exactly the users and times of one, and keep its --throttle")
	f.IntVar(&o.iterations, "iterations", 0, "how often each user does it (default: once, or in a closed model for as long as it is wanted)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of random arrivals and pauses (default: one is drawn and reported)")
	f.DurationVar(&o.warmUp, "warm-up", 0, "time at the beginning that is left out of the figures")
	f.DurationVar(&o.maxDuration, "max-duration", 0, "time after which nobody is started any more")
	f.DurationVar(&o.gracefulStop, "graceful-stop", load.DefaultGracefulStop, "time in which users may finish at the end; 0 interrupts them")
	f.DurationVar(&o.maxLateness, "max-lateness", load.DefaultMaxLateness, "how late the generator may be; 0 does not judge it")
	f.DurationVar(&o.timeout, "timeout", virtual.DefaultRequestTimeout, "limit of a request")
	f.BoolVar(&o.shared, "shared-connections", false, "users share connections; else each has its own")
	f.BoolVar(&o.compression, "compression", false, "ask for compressed answers and unpack them")
	f.StringVar(&o.authority, "ca", "", "file with the certificate of an authority that is trusted besides the system's, as PEM")
	f.BoolVar(&o.http2, "http2", false, "HTTP/2 where the server speaks it; it costs several times as much")
	f.StringVar(&o.prometheus, "prometheus", "", "serve figures while the run goes on at this address of the loopback, such as 127.0.0.1:9090")
	f.StringVar(&o.out, "out", "", "folder for report.html, results.json, CSV, JUnit")
	f.BoolVar(&o.asJSON, "json", false, "print the summary as JSON")
}

// options are those of the run.
func (o *loadOptions) options(cmd *cobra.Command) (options load.Options, err error) {
	if options.Assertions, err = assert.ParseAll(o.asserts...); err != nil {
		return options, fmt.Errorf("--assert: %w", err)
	}
	options.Seed, options.WarmUp, options.MaxDuration, options.MaxLateness = o.seed, o.warmUp, o.maxDuration, o.maxLateness
	if o.maxLateness == 0 {
		options.MaxLateness = -1
	}
	if o.shard != "" {
		if options.Shard, options.Shards, err = parseShard(o.shard); err != nil {
			return options, err
		}
	}
	options.Watch = append(options.Watch, report.Console(cmd.ErrOrStderr()))
	if o.prometheus != "" {
		serve, err := report.Prometheus(o.prometheus)
		if err != nil {
			return options, fmt.Errorf("--prometheus: %w", err)
		}
		options.Watch = append(options.Watch, serve)
	}
	return options, nil
}

// scenario is what users do.
func (o *loadOptions) scenario(cmd *cobra.Command) (s load.Scenario, err error) {
	address, err := url.Parse(o.url)
	if err != nil || address.Host == "" {
		return s, fmt.Errorf("--url %q: want an address such as http://localhost:8080/items", o.url)
	}
	if s.Target, err = o.target(address); err != nil {
		return s, err
	}
	if s, err = o.limits(cmd, s); err != nil {
		return s, err
	}
	if s.User, err = o.user(address); err != nil {
		return s, err
	}
	if o.name == "" {
		o.name = address.Host
	}
	s.Name = o.name
	return s, o.arrivals(cmd, &s)
}

// arrivals are a profile, a plain number of executions, or a sweep.
func (o *loadOptions) arrivals(cmd *cobra.Command, s *load.Scenario) (err error) {
	given := cmd.Flags().Changed
	switch {
	case o.sweep != "" && o.profile != "":
		return errors.New("--sweep and --profile: want one of them")
	case o.shard != "" && o.profile == "":
		return errors.New("--shard: only a --profile is divided between machines")
	case o.sweep != "":
		if o.start.Total < 1 {
			return fmt.Errorf("--sweep needs --total, the number of executions for each number of users; it is %d", o.start.Total)
		}
		if given("backlog") || given("cps") || given("ramp") {
			return errors.New("--sweep: a fixed pool has no --backlog, --cps or --ramp")
		}
		return nil
	case o.profile != "" && (given("total") || given("backlog") || given("cps") || given("ramp")):
		return errors.New("--profile and --total (with --backlog, --cps, --ramp): want one of them")
	case o.profile == "" && !given("total"):
		return errors.New("--profile or --total is needed: when do users arrive?")
	case o.profile == "":
		s.Start = o.start
		if err := o.start.Check(); err != nil {
			return fmt.Errorf("--total: %w", err)
		}
		return nil
	}
	if s.Profile, err = profile.Parse(o.profile); err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	if s.Profile.Model() == profile.Closed && !given("iterations") {
		s.Iterations = load.Endless
	}
	return nil
}

func (o *loadOptions) limits(cmd *cobra.Command, s load.Scenario) (load.Scenario, error) {
	var err error
	if o.throttle != "" {
		if s.Throttle, err = profile.ParseThrottle(o.throttle); err != nil {
			return s, fmt.Errorf("--throttle: %w", err)
		}
	}
	if o.pause != "" && o.pause != "think" {
		if s.Pause, err = profile.ParsePause(o.pause); err != nil {
			return s, fmt.Errorf("--pause: %w", err)
		}
	}
	if o.pause == "think" && o.har == "" {
		return s, errors.New("--pause think: only a HAR has think times; give --har")
	}
	if o.iterations < 0 || cmd.Flags().Changed("iterations") && o.iterations == 0 {
		return s, fmt.Errorf("--iterations %d: want at least 1", o.iterations)
	}
	s.Iterations, s.Pace, s.GracefulStop = o.iterations, o.pace, o.gracefulStop
	if o.gracefulStop == 0 {
		s.GracefulStop = -1
	}
	return s, nil
}

func (o *loadOptions) target(address *url.URL) (*virtual.Target, error) {
	options := virtual.Options{
		BaseURL: address.Scheme + "://" + address.Host, Header: http.Header{}, Compression: o.compression, HTTP2: o.http2,
		Timeouts: virtual.Timeouts{Request: o.timeout, Total: max(o.timeout, virtual.DefaultTotalTimeout)},
	}
	if o.timeout <= 0 {
		return nil, fmt.Errorf("--timeout %v: want a time above 0", o.timeout)
	}
	for _, h := range o.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return nil, fmt.Errorf("--header %q: want 'Name: value'", h)
		}
		options.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if o.authority != "" {
		roots, err := trusting(o.authority)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		options.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	if o.shared {
		options.Connections = virtual.NewConnections(0)
	}
	target, err := virtual.NewTarget(options)
	if err != nil {
		return nil, fmt.Errorf("--url, --header: %w", err)
	}
	return target, nil
}

// trusting is the system's authorities and one more.
func trusting(file string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a system without any
	}
	certificate, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(certificate) {
		return nil, fmt.Errorf("%s has no certificate as PEM", file)
	}
	return roots, nil
}

// parseShard reads I/N, and gives I from 0.
func parseShard(text string) (shard, shards int, err error) {
	first, second, _ := strings.Cut(text, "/")
	shard, wrong := strconv.Atoi(first)
	shards, alsoWrong := strconv.Atoi(second)
	if wrong != nil || alsoWrong != nil || shard < 1 || shard > shards {
		return 0, 0, fmt.Errorf("--shard %q: want I/N with I from 1 to N, such as 2/3", text)
	}
	return shard - 1, shards, nil
}

// parseLevels reads numbers of users.
func parseLevels(text string) ([]int, error) {
	var levels []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("--sweep %q: %q is no number of users; want such as 1,5,10", text, part)
		}
		levels = append(levels, n)
	}
	return levels, nil
}
