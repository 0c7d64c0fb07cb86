package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// PGSchema names the form of PGResult as JSON.
const PGSchema = "lockstep/bench-pg/1"

// PGOptions say what PG measures. Database is needed, the rest has defaults.
type PGOptions struct {
	// Database is the address of any database of a PostgreSQL server. Its user must be allowed to make databases: the benchmark
	// works in one of its own, which is gone afterwards.
	Database string
	// Schedules is how many are run; zero means 1,000.
	Schedules int
	// Statements is how many are sent each way to measure the latency; zero means 20,000.
	Statements int
	// Rounds is how many parts what is compared is measured in, in turn; zero means 10.
	Rounds int
	// Pgbench is the program; empty means that on the path. Where there is none, its figures are missing and Note says so.
	Pgbench string
	// PgbenchTime is how long it runs in each round and each way; zero means 2 s. It counts in whole seconds.
	PgbenchTime time.Duration
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

func (o *PGOptions) complete() error {
	for _, n := range []struct {
		value *int
		usual int
	}{{&o.Schedules, 1000}, {&o.Statements, 20_000}, {&o.Rounds, 10}} {
		if *n.value == 0 {
			*n.value = n.usual
		}
	}
	if o.PgbenchTime == 0 {
		o.PgbenchTime = 2 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Database == "" {
		return fmt.Errorf("%w: the database is empty; want a server, as in postgres://user@127.0.0.1:5432/postgres", browser.ErrInvalidOption)
	}
	if o.Schedules < 1 || o.Rounds < 1 || o.Statements < o.Rounds || o.PgbenchTime < time.Second {
		return fmt.Errorf("%w: %d schedules, %d statements in %d rounds, pgbench for %v: want at least one of each, a statement for each round, and a second",
			browser.ErrInvalidOption, o.Schedules, o.Statements, o.Rounds, o.PgbenchTime)
	}
	return nil
}

// PGResult is what it costs to go through a database gateway, and how fast explorations are that hold statements at it. Everything
// shares this machine: the server, the gateway, the application, pgbench.
type PGResult struct {
	Schema string `json:"schema"`
	Server string `json:"server"`
	// SchedulesPerSecond is of two HTTP sessions with a request each, in which the application sends three statements by pgx;
	// all is fresh for each schedule but the application and its connections.
	Schedules          int     `json:"schedules"`
	SchedulesPerSecond float64 `json:"schedules_per_s"`
	// Direct and Gateway are the latencies of a SELECT of one row by its key, one after the other on an open connection: the medians
	// of the rounds' percentiles. AddedP50 and AddedP99 are the medians of the rounds' differences.
	Statements int     `json:"statements"`
	Direct     Latency `json:"direct"`
	Gateway    Latency `json:"gateway"`
	AddedP50   float64 `json:"added_ms_p50"`
	AddedP99   float64 `json:"added_ms_p99"`
	// Pgbench is its throughput; nil where it was not run.
	Pgbench *Pgbench `json:"pgbench,omitempty"`
	// Note says what was left out, and why; empty if nothing was.
	Note string `json:"note,omitempty"`
}

// PG measures the database gateway.
func PG(ctx context.Context, o PGOptions) (result *PGResult, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	d, err := newScratch(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.drop(context.WithoutCancel(ctx))) }()
	g, err := pg.Listen(ctx, pg.Options{Upstream: d.address})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	result = &PGResult{Schema: PGSchema, Server: d.server, Schedules: o.Schedules, Statements: o.Statements}
	o.Progress("schedules")
	if result.SchedulesPerSecond, err = exploreStatements(ctx, g, o.Schedules); err != nil {
		return nil, err
	}
	g.Forget()
	if err := result.latencies(ctx, [2]string{d.address, g.URL()}, o); err != nil {
		return nil, err
	}
	if len(g.Record()) == 0 {
		return nil, errors.New("the database gateway has seen nothing: what was measured did not go through it")
	}
	return result, result.throughput(ctx, [2]string{d.address, g.URL()}, o)
}

// latencies measures single statements both ways, round by round.
func (r *PGResult) latencies(ctx context.Context, addresses [2]string, o PGOptions) (err error) {
	var ways [2]*pgx.Conn
	for i, address := range addresses {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
		ways[i] = conn
	}
	var times [2][]Latency
	var added [2][]float64 // of p50 and p99
	for round := range o.Rounds {
		o.Progress(fmt.Sprintf("latency, round %d of %d", round+1, o.Rounds))
		took, err := selects(ctx, ways, o.Statements/o.Rounds)
		if err != nil {
			return err
		}
		direct, gateway := latency(took[0]), latency(took[1])
		times[0], times[1] = append(times[0], direct), append(times[1], gateway)
		added[0] = append(added[0], gateway.P50-direct.P50)
		added[1] = append(added[1], gateway.P99-direct.P99)
	}
	r.Direct, r.Gateway = typical(times[0]), typical(times[1])
	r.AddedP50, r.AddedP99 = thousandth(median(added[0])), thousandth(median(added[1]))
	return nil
}

const (
	turn    = 200 // statements that go one way before the other has its turn: what else the machine does is then in both
	untimed = 5   // those of a turn that are not counted
)

// selects sends n statements each way, one after the other.
func selects(ctx context.Context, ways [2]*pgx.Conn, n int) (took [2][]time.Duration, err error) {
	for len(took[1]) < n {
		for way, conn := range ways {
			for i := range min(turn, n-len(took[way])) + untimed {
				var text string
				start := time.Now()
				if err := conn.QueryRow(ctx, "SELECT name FROM items WHERE id = $1", i%items+1).Scan(&text); err != nil {
					return took, err
				}
				if i >= untimed {
					took[way] = append(took[way], time.Since(start))
				}
			}
		}
	}
	return took, nil
}
