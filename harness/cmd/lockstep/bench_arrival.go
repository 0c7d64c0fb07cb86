package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/bench"
	"github.com/seed49090845/lockstep/sessions"
)

func benchArrivalCommand() *cobra.Command {
	var o bench.ArrivalOptions
	var driverName string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "arrival",
		Short: "Measure how far apart clicks of several browsers reach a server",
		Long: `Measure how far apart real clicks of several browsers reach a server: when all click at the same moment, when
DevTools holds their requests in the browsers and lets them go on at the same moment, and when their requests are held
at the gateways and released together, over HTTP/1.1 and over HTTP/2. The spread of a round is the time between the first
and the last request, each taken when the server has read all of it, in milliseconds.`,
		Example: `  lockstep bench arrival
  lockstep bench arrival --sessions 16 --rounds 50 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			driver, err := sessions.Driver(driverName)
			if err != nil {
				return err
			}
			if o.Sessions < 2 || o.Rounds < 1 {
				return fmt.Errorf("--sessions %d, --rounds %d: want at least two sessions and one round", o.Sessions, o.Rounds)
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			o.Driver, o.Progress = driver, progress
			result, err := bench.Arrival(cmd.Context(), o)
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, result)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s, %s, %d sessions, %d rounds\n", result.Browser, result.Driver, result.Sessions, result.Rounds)
			printArrival(out, result)
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Sessions, "sessions", 8, "how many users click")
	cmd.Flags().IntVar(&o.Rounds, "rounds", 50, "how often, in each way")
	cmd.Flags().StringVar(&driverName, "driver", "", "chromedp or rod (default: LOCKSTEP_DRIVER, or chromedp)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printArrival(out io.Writer, r *bench.ArrivalResult) {
	line := func(name string, s bench.Spreads) {
		fmt.Fprintf(out, "%-22s %9.3f ms p50 %9.3f ms p90 %9.3f ms max\n", name, s.P50, s.P90, s.Max)
	}
	line("barrier and click", r.BarrierClick)
	if r.CDPFetch != nil {
		line("DevTools interception", *r.CDPFetch)
	}
	line("gateway", r.Gateway)
	line("gateway, HTTP/2", r.GatewayHTTP2)
	fmt.Fprintf(out, "the gateway is %.1f times tighter than barrier and click", r.RatioBarrier)
	if r.CDPFetch != nil {
		fmt.Fprintf(out, ", %.1f times than DevTools", r.RatioCDP)
	}
	fmt.Fprintln(out)
}
