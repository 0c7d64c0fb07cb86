package report

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions"
)

// ErrNotLoopback says that an address can be reached by others.
var ErrNotLoopback = errors.New("the address is not of the loopback, so that others could reach it; want such as 127.0.0.1:9090")

// Prometheus listens at an address of the loopback and returns a func for load.Options.Watch, which serves the figures
// at /metrics while the run goes on. A function that is never called keeps listening in vain.
func Prometheus(address string) (func(context.Context, *load.Live), error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(sessions.ErrInvalidOption, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.Join(sessions.ErrInvalidOption, ErrNotLoopback)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, live *load.Live) {
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(&collector{live})
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listener) }) // it ends when it is closed
		<-ctx.Done()
		_ = server.Close()
		serving.Wait()
	}, nil
}

// collector makes metrics of what is known when somebody asks.
type collector struct{ live *load.Live }

var (
	requestLabels = []string{"scenario", "group", "name"}
	requestsDesc  = prometheus.NewDesc("lockstep_requests_total", "Requests that ended.", append(requestLabels, "outcome"), nil)
	intendedDesc  = prometheus.NewDesc("lockstep_response_seconds", "Response times from the intended start.", requestLabels, nil)
	actualDesc    = prometheus.NewDesc("lockstep_response_actual_seconds", "Response times from the actual start.", requestLabels, nil)
	bytesDesc     = prometheus.NewDesc("lockstep_bytes_total", "Bytes on the wire.", append(requestLabels, "direction"), nil)
	presentDesc   = prometheus.NewDesc("lockstep_users_present", "Users who are present.", []string{"scenario"}, nil)
	usersDesc     = prometheus.NewDesc("lockstep_users_total", "Users who started, and how they ended.", []string{"scenario", "what"}, nil)
	latenessDesc  = prometheus.NewDesc("lockstep_lateness_seconds", "How late the generator started requests.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{requestsDesc, intendedDesc, actualDesc, bytesDesc, presentDesc, usersDesc, latenessDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.live.Snapshot()
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for i := range s.Requests {
		r := &s.Requests[i]
		labels := []string{r.Scenario, r.Group, r.Name}
		with := func(label string) []string { return append(labels[:3:3], label) }
		counter(requestsDesc, r.OK.Actual.Count(), with("ok")...)
		counter(requestsDesc, r.KO.Actual.Count(), with("ko")...)
		counter(requestsDesc, r.Interrupted, with("interrupted")...)
		counter(bytesDesc, r.Sent, with("out")...)
		counter(bytesDesc, r.Received, with("in")...)
		all := r.All()
		to <- summary(intendedDesc, &all.Intended, labels...)
		to <- summary(actualDesc, &all.Actual, labels...)
	}
	for i := range s.Scenarios {
		u, name := &s.Scenarios[i].Users, s.Scenarios[i].Name
		to <- prometheus.MustNewConstMetric(presentDesc, prometheus.GaugeValue, float64(u.Present), name)
		for what, n := range map[string]int64{"started": u.Started, "passed": u.Passed, "failed": u.Failed, "interrupted": u.Interrupted} {
			counter(usersDesc, n, name, what)
		}
	}
	to <- summary(latenessDesc, &s.Lateness)
}

func summary(d *prometheus.Desc, of *stats.Distribution, labels ...string) prometheus.Metric {
	quantiles := map[float64]float64{}
	for _, q := range []float64{0.5, 0.95, 0.99, 1} {
		if v, ok := of.Percentile(100 * q); ok {
			quantiles[q] = v.Seconds()
		}
	}
	mean, _ := of.Mean()
	return prometheus.MustNewConstSummary(d, uint64(of.Count()), mean.Seconds()*float64(of.Count()), quantiles, labels...)
}
