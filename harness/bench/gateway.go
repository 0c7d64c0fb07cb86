package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// GatewaySchema names the form of GatewayResult as JSON.
const GatewaySchema = "lockstep/bench-gateway/1"

// GatewayOptions say what Gateway measures. The zero value is good for most.
type GatewayOptions struct {
	// Requests is how many are sent each way to measure the latency; zero means 5,000.
	Requests int
	// Connections is how many send at once to measure the throughput; zero means 8.
	Connections int
	// Rounds is how many parts both are measured in, in turn; zero means 10.
	Rounds int
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

func (o *GatewayOptions) complete() error {
	for _, n := range []struct {
		value *int
		usual int
	}{{&o.Requests, 5000}, {&o.Connections, 8}, {&o.Rounds, 10}} {
		if *n.value == 0 {
			*n.value = n.usual
		}
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Requests < o.Rounds || o.Connections < 1 || o.Rounds < 1 {
		return fmt.Errorf("%w: %d requests in %d rounds over %d connections: want at least one of each, and a request for each round",
			browser.ErrInvalidOption, o.Requests, o.Rounds, o.Connections)
	}
	return nil
}

// GatewayResult is what it costs to go through a gateway, over HTTP/1.1 without TLS: client, gateway and server are in one process.
type GatewayResult struct {
	Schema   string `json:"schema"`
	Requests int    `json:"requests"`
	// Direct and Gateway are the latencies of single requests, one after the other on an open connection.
	Direct  Latency `json:"direct"`
	Gateway Latency `json:"gateway"`
	// AddedP50 and AddedP99 are the differences of the percentiles, in milliseconds.
	AddedP50 float64 `json:"added_p50_ms"`
	AddedP99 float64 `json:"added_p99_ms"`
	// DirectRPS and GatewayRPS are requests per second over all connections together.
	Connections int     `json:"connections"`
	DirectRPS   float64 `json:"direct_rps"`
	GatewayRPS  float64 `json:"gateway_rps"`
}

// Latency is percentiles in milliseconds.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func latency(all []time.Duration) Latency {
	at := ranked(all)
	return Latency{P50: fine(at(0.50)), P99: fine(at(0.99)), Max: fine(at(1))}
}

// Gateway measures what a gateway adds to each request.
func Gateway(ctx context.Context, o GatewayOptions) (result *GatewayResult, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	target := startTarget()
	defer target.close()
	g, err := gateway.Listen(ctx, gateway.Options{Session: "bench", Open: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	host := target.host()
	direct := way{address: host, target: "/ping", host: host}
	through := way{address: g.URL().Host, target: "http://" + host + "/ping", host: host}

	result = &GatewayResult{Schema: GatewaySchema, Requests: o.Requests, Connections: o.Connections}
	var times [2][]time.Duration
	var served [2]float64
	for round := range o.Rounds {
		o.Progress(fmt.Sprintf("round %d of %d", round+1, o.Rounds))
		for i, w := range []way{direct, through} {
			took, err := w.latencies(ctx, o.Requests/o.Rounds)
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], took...)
			rate, err := w.rate(ctx, o.Connections, o.Requests/o.Rounds)
			if err != nil {
				return nil, err
			}
			served[i] += rate / float64(o.Rounds)
		}
	}
	result.Direct, result.Gateway = latency(times[0]), latency(times[1])
	result.AddedP50, result.AddedP99 = round(result.Gateway.P50-result.Direct.P50), round(result.Gateway.P99-result.Direct.P99)
	result.DirectRPS, result.GatewayRPS = round(served[0]), round(served[1])
	return result, nil
}

// way is one of the two ways to the server.
type way struct{ address, target, host string }

// latencies sends requests one after the other. The first is not counted: it opens the connections.
func (w way) latencies(ctx context.Context, n int) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	reader := bufio.NewReader(conn)
	took := make([]time.Duration, 0, n)
	for i := range n + 1 {
		start := time.Now()
		if err := w.ask(conn, reader); err != nil {
			return nil, err
		}
		if i > 0 {
			took = append(took, time.Since(start))
		}
	}
	return took, nil
}

// ask sends one request and reads its response.
func (w way) ask(conn net.Conn, reader *bufio.Reader) error {
	if _, err := io.WriteString(conn, "GET "+w.target+" HTTP/1.1\r\nHost: "+w.host+"\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("status %s", response.Status))
	}
	return err
}

// rate is how many requests per second several connections have answered together.
func (w way) rate(ctx context.Context, connections, each int) (float64, error) {
	errs := make([]error, connections)
	var sending sync.WaitGroup
	start := time.Now()
	for i := range connections {
		sending.Go(func() { _, errs[i] = w.latencies(ctx, each) })
	}
	sending.Wait()
	return float64(connections*(each+1)) / time.Since(start).Seconds(), errors.Join(errs...)
}
