package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/bench"
	"github.com/seed49090845/lockstep/sessions"
)

func benchExploreCommand() *cobra.Command {
	var o bench.ExploreOptions
	var driverName string
	var withoutBrowser, asJSON bool
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Measure how many schedules a second an exploration runs",
		Long: `Measure how many schedules a second an exploration runs: two sessions that send three requests each, fresh for every
schedule, first HTTP sessions and then browsers; and what scheduling adds to each point, in microseconds.`,
		Example: `  lockstep bench explore
  lockstep bench explore --schedules 5000 --without-browser --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Schedules < 1 || o.BrowserSchedules < 1 {
				return fmt.Errorf("--schedules %d, --browser-schedules %d: want at least one", o.Schedules, o.BrowserSchedules)
			}
			if !withoutBrowser {
				driver, err := sessions.Driver(driverName)
				if err != nil {
					return err
				}
				o.Driver = driver
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			o.Progress = progress
			r, err := bench.Explore(cmd.Context(), o)
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, r)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "HTTP sessions    %8.1f schedules/s over %d, %.0f µs a point\n", r.HTTPRate, r.Schedules, r.OverheadUS)
			if r.Driver != "" {
				fmt.Fprintf(out, "browser sessions %8.1f schedules/s over %d, %s\n", r.BrowserRate, r.BrowserSchedules, r.Driver)
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Schedules, "schedules", 2000, "how many schedules with HTTP sessions")
	cmd.Flags().IntVar(&o.BrowserSchedules, "browser-schedules", 100, "how many schedules with browsers")
	cmd.Flags().StringVar(&driverName, "driver", "", "chromedp or rod (default: LOCKSTEP_DRIVER, or chromedp)")
	cmd.Flags().BoolVar(&withoutBrowser, "without-browser", false, "leave browsers out")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
