package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/harness/bench"
)

func benchPGCommand() *cobra.Command {
	var o bench.PGOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pg",
		Short: "Measure what the database gateway adds to each SQL statement",
		Long: `Measure what the database gateway costs: how many schedules a second an exploration runs that holds SQL statements (two HTTP
sessions, one request each, three statements in each), what is added to a SELECT of one row by its key, and the throughput of
pgbench with eight clients as a ratio of direct, once with its usual transaction (TPC-B) and once with a prepared SELECT.
Times are in milliseconds; direct and gateway take turns, and figures are medians of the rounds.

Without --database it starts a server of its own for the time. A server is given a database for the benchmark alone, which is
removed afterwards. Where pgbench is not installed, its figures are left out, and a note says so.`,
		Example: `  lockstep bench pg --json
  PGPASSWORD=secret lockstep bench pg --database postgres://me@127.0.0.1:5432/postgres --schedules 5000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Schedules < 1 || o.Rounds < 1 || o.Statements < o.Rounds || o.PgbenchTime < time.Second {
				return fmt.Errorf("--schedules %d, --statements %d, --rounds %d, --pgbench-time %v: want at least one of each, a statement for each round, and a second",
					o.Schedules, o.Statements, o.Rounds, o.PgbenchTime)
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			o.Progress = progress
			r, err := benchPG(cmd.Context(), o)
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, r)
			}
			printPG(cmd.OutOrStdout(), r)
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Database, "database", "", "address of a database of the server (default: a server of the benchmark's own)")
	cmd.Flags().IntVar(&o.Schedules, "schedules", 1000, "how many schedules")
	cmd.Flags().IntVar(&o.Statements, "statements", 20_000, "how many single statements, each way")
	cmd.Flags().IntVar(&o.Rounds, "rounds", 10, "how many parts what is compared is measured in, in turn")
	cmd.Flags().DurationVar(&o.PgbenchTime, "pgbench-time", 2*time.Second, "how long pgbench runs in each round, each way and for each transaction")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// benchPG starts a server where none is given.
func benchPG(ctx context.Context, o bench.PGOptions) (r *bench.PGResult, err error) {
	if o.Database == "" {
		if o.Progress != nil {
			o.Progress("a server starts")
		}
		server, err := postgres.Start(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		o.Database, o.Pgbench = server.URL(), filepath.Join(server.Bin(), "pgbench")
	}
	if _, err := exec.LookPath(cmp.Or(o.Pgbench, "pgbench")); err != nil {
		o.Pgbench = "" // that on the path
		if bin, err := postgres.Find(); err == nil {
			o.Pgbench = filepath.Join(bin, "pgbench")
		}
	}
	return bench.PG(ctx, o)
}

func printPG(out io.Writer, r *bench.PGResult) {
	fmt.Fprintf(out, "%s, %d statements each way\n", r.Server, r.Statements)
	fmt.Fprintf(out, "schedules   %8.1f a second over %d\n", r.SchedulesPerSecond, r.Schedules)
	fmt.Fprintf(out, "direct      %8.3f ms p50 %8.3f ms p99\n", r.Direct.P50, r.Direct.P99)
	fmt.Fprintf(out, "gateway     %8.3f ms p50 %8.3f ms p99\n", r.Gateway.P50, r.Gateway.P99)
	fmt.Fprintf(out, "added       %8.3f ms p50 %8.3f ms p99\n", r.AddedP50, r.AddedP99)
	if p := r.Pgbench; p != nil {
		fmt.Fprintf(out, "pgbench     %8.2f of direct, TPC-B: %.0f of %.0f transactions/s over %d connections\n", p.TPCB.Ratio, p.TPCB.GatewayTPS, p.TPCB.DirectTPS, p.Clients)
		fmt.Fprintf(out, "pgbench     %8.2f of direct, prepared SELECT: %.0f of %.0f transactions/s\n", p.Select.Ratio, p.Select.GatewayTPS, p.Select.DirectTPS)
	}
	if r.Note != "" {
		fmt.Fprintln(out, r.Note)
	}
}
