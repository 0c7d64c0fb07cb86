package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed49090845/lockstep/harness/bench"
	"github.com/seed49090845/lockstep/sessions"
)

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure Lockstep on this machine",
		Example: `  lockstep bench sessions --count 20 --json
  lockstep bench arrival --sessions 8 --rounds 50
  lockstep bench gateway --json
  lockstep bench load --rounds 5
  lockstep bench pg --json`,
	}
	cmd.AddCommand(benchSessionsCommand(), benchArrivalCommand(), benchGatewayCommand(), benchExploreCommand(), benchLoadCommand(), benchPGCommand())
	return cmd
}

func benchSessionsCommand() *cobra.Command {
	var count int
	var blocked time.Duration
	var driverName string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "Measure what browser sessions cost in time and memory",
		Long: `Measure what browser sessions cost: the time until the page of a session answers, cold (in a running browser)
and warm (made in advance), the memory of each, and how long round trips of 15 sessions take while the listener
of another is blocked. All times are in milliseconds, memory is proportional set size in MiB.`,
		Example: `  lockstep bench sessions
  lockstep bench sessions --count 20 --driver rod --blocked 30s --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			driver, err := sessions.Driver(driverName)
			if err != nil {
				return err
			}
			if count < 1 || blocked < 0 {
				return fmt.Errorf("--count %d, --blocked %v: want at least one session and no negative time", count, blocked)
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			result, err := bench.Sessions(cmd.Context(), bench.SessionsOptions{Driver: driver, Count: count, Blocked: blocked, Progress: progress})
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, result)
			}
			printSessions(cmd.OutOrStdout(), result)
			return nil
		},
	}
	cmd.Flags().IntVar(&count, "count", 20, "how many sessions")
	cmd.Flags().DurationVar(&blocked, "blocked", 30*time.Second, "how long a listener is blocked; 0 leaves that out")
	cmd.Flags().StringVar(&driverName, "driver", "", "chromedp or rod (default: LOCKSTEP_DRIVER, or chromedp)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printSessions(out io.Writer, r *bench.SessionsResult) {
	fmt.Fprintf(out, "%s, %s, %d sessions\n", r.Browser, r.Driver, r.Count)
	fmt.Fprintf(out, "launch            %8.1f ms\n", r.LaunchMS)
	fmt.Fprintf(out, "cold session      %8.1f ms p50 %8.1f ms p95\n", r.ColdMS.P50, r.ColdMS.P95)
	fmt.Fprintf(out, "warm session      %8.1f ms p50 %8.1f ms p95\n", r.WarmMS.P50, r.WarmMS.P95)
	fmt.Fprintf(out, "memory            %8.1f MiB a session, %.1f MiB the browser with its first\n", r.PSSPerSession, r.PSSBrowser)
	if b := r.Blocked; b != nil {
		fmt.Fprintf(out, "round trip        %8.1f ms p50 %8.1f ms p99, %d sessions beside a blocked listener for %.0f s\n",
			b.RoundTripMS.P50, b.RoundTripMS.P99, b.Sessions, b.Seconds)
	}
}

// progressLine shows what is measured: as one line that is rewritten on a terminal, and not at all elsewhere,
// where it would be in the way of the figures.
func progressLine(out io.Writer) (show func(string), wipe func()) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	return func(line string) { fmt.Fprintf(out, "\r\033[K%s", line) }, func() { fmt.Fprint(out, "\r\033[K") }
}
