package pg_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// BenchmarkAdded measures what the gateway adds to a statement when nobody looks: the same prepared statement goes directly and through it,
// in turns.
func BenchmarkAdded(b *testing.B) {
	g, database := listen(b, pg.Options{})
	direct, through := connect(b, database), connect(b, g.URL())
	for _, conn := range []*pgx.Conn{direct, through} {
		for range 1000 {
			one[int](b, conn, "select $1::int", 1)
		}
	}
	var took [2][]time.Duration
	ctx := b.Context()
	for b.Loop() {
		for i, conn := range []*pgx.Conn{direct, through} {
			start := time.Now()
			var n int
			if err := conn.QueryRow(ctx, "select $1::int", 1).Scan(&n); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(start))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	for name, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		n := int(at * float64(len(took[0])-1))
		b.ReportMetric(float64(took[1][n]-took[0][n])/1e6, "added_ms_"+name)
		b.ReportMetric(float64(took[0][n])/1e6, "direct_ms_"+name)
	}
}

var tps = regexp.MustCompile(`tps = ([0-9.]+)`)

// BenchmarkPgbench measures transactions per second of pgbench with 8 clients, directly and through the gateway, in turns.
func BenchmarkPgbench(b *testing.B) {
	seconds := "2"
	if given := os.Getenv("LOCKSTEP_STRESS"); given != "" {
		seconds = "10"
	}
	g, database := listen(b, pg.Options{})
	out, err := tool(b, "", "pgbench", "-i", "-q", "-s", "10", database)
	need(b, out, err)
	for _, arguments := range [][]string{{"-M", "simple"}, {"-M", "prepared"}, {"-S", "-M", "prepared"}, {"-S", "-M", "simple"}} {
		b.Run(fmt.Sprint(arguments), func(b *testing.B) {
			var total [2]float64
			for b.Loop() {
				for i, url := range []string{database, g.URL()} {
					out, err := tool(b, "", "pgbench", append(append([]string{"-n", "-c", "8", "-j", "2", "-T", seconds}, arguments...), url)...)
					need(b, out, err)
					n, err := strconv.ParseFloat(tps.FindStringSubmatch(out)[1], 64)
					if err != nil {
						b.Fatal(err)
					}
					total[i] += n
				}
			}
			b.ReportMetric(total[0]/float64(b.N), "direct_tps")
			b.ReportMetric(total[1]/float64(b.N), "through_tps")
			b.ReportMetric(total[1]/total[0], "of_direct")
		})
	}
}

// BenchmarkLockWait measures how long it takes from the release of a statement until its waiting is seen.
func BenchmarkLockWait(b *testing.B) {
	g, _ := listen(b, pg.Options{})
	holder, waiter := connect(b, g.URL()), connect(b, g.URL())
	do(b, holder, "select 1")
	do(b, waiter, "select 1")
	gate := newTold()
	for b.Loop() {
		do(b, holder, "select pg_advisory_lock(1)")
		g.Guard(gate)
		ended := behind(b, waiter, "select pg_advisory_xact_lock(1)")
		gate.heard(b, "begin 2 select pg_advisory_xact_lock(?)")
		gate.let(b)
		gate.heard(b, "waits 2 for 1: true")
		g.Guard(nil)
		do(b, holder, "select pg_advisory_unlock(1)")
		gate.heard(b, "back 2")
		gate.back <- nil
		gate.heard(b, "end 2 SELECT 1  false")
		ends(b, ended, "")
	}
}
