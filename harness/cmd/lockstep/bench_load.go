package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/bench"
)

func benchLoadCommand() *cobra.Command {
	var o bench.LoadOptions
	var asJSON, serve bool
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Measure how many requests a second one processor core can be, beside k6, hey and wrk",
		Long: `Measure the requests per second of "lockstep load" and of k6, hey and wrk, as far as they are there: each alone
on one processor core, all against one fast server on another core, over kept connections, one after the other in
each round. Lockstep and k6 keep cookies, check each answer and make full statistics. Ratios are of the same round; the median is told.`,
		Example: `  make bench-load
  lockstep bench load --rounds 5 --duration 10s --tools ./bin --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if serve {
				return failed(bench.ServeLoad(cmd.Context(), os.Stdin, os.Stdout))
			}
			if o.Rounds < 1 || o.Connections < 1 || o.Duration < time.Second {
				return fmt.Errorf("--rounds %d, --connections %d, --duration %v: want at least 1, 1 and 1s", o.Rounds, o.Connections, o.Duration)
			}
			self, err := os.Executable()
			if err != nil {
				return failed(err)
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			o.Progress = progress
			result, err := bench.Load(cmd.Context(), self, o)
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, result)
			}
			printLoad(cmd.OutOrStdout(), result)
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Rounds, "rounds", 3, "how often each tool runs")
	cmd.Flags().IntVar(&o.Connections, "connections", 50, "how many connections each keeps")
	cmd.Flags().DurationVar(&o.Duration, "duration", 5*time.Second, "how long a run takes")
	cmd.Flags().StringVar(&o.Tools, "tools", "", "folder in which tools are looked for before PATH")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&serve, "serve", false, "be the server")
	_ = cmd.Flags().MarkHidden("serve") // it is there
	return cmd
}

func printLoad(out io.Writer, r *bench.LoadResult) {
	fmt.Fprintf(out, "%d connections, %d rounds of %.0f s, one core each for the tool and the server\n", r.Connections, r.Rounds, r.Seconds)
	for _, t := range r.Tools {
		fmt.Fprintf(out, "%-10s %9.0f requests/s median %10.2f × is lockstep\n", t.Name, t.Median, t.Ratio)
	}
	for _, name := range r.Missing {
		fmt.Fprintf(out, "%-10s not found\n", name)
	}
}
