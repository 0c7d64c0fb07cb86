package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/client"
)

// about is a command that is about one run.
func (o *serviceOptions) about(use, short, example string, do func(*cobra.Command, *client.Client, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " ID", Short: short, Example: "  " + example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			defer c.Close()
			return do(cmd, c, args[0])
		},
	}
}

func runQueryCommand(o *serviceOptions) *cobra.Command {
	var out string
	cmd := o.about("query", "Show what is known of a run", "lockstep run query nightly-1 --out artifacts", func(cmd *cobra.Command, c *client.Client, id string) error {
		run, err := c.Run(cmd.Context(), id)
		if err != nil {
			return refused(err)
		}
		return o.tell(cmd, c, run, out)
	})
	cmd.Flags().StringVar(&out, "out", "", "folder for the report files")
	return cmd
}

func runCancelCommand(o *serviceOptions) *cobra.Command {
	var graceful bool
	cmd := o.about("cancel", "Cancel a run, and show it", "lockstep run cancel nightly-1 --graceful", func(cmd *cobra.Command, c *client.Client, id string) error {
		cancel := c.Cancel
		if graceful {
			cancel = c.CancelGracefully
		}
		run, err := cancel(cmd.Context(), id)
		if err != nil {
			return refused(err)
		}
		return o.show(cmd, run, func() { describe(cmd.OutOrStdout(), run) })
	})
	cmd.Flags().BoolVar(&graceful, "graceful", false, "let users finish what they do, for as long as --graceful-stop of the start said")
	cmd.Long = "Cancel a run: its executions are interrupted, and the run is shown when it has ended. Again, and for a run that has ended, it changes nothing."
	return cmd
}

func runWatchCommand(o *serviceOptions) *cobra.Command {
	var out string
	cmd := o.about("watch", "Show a run until it has ended", "lockstep run watch nightly-1", func(cmd *cobra.Command, c *client.Client, id string) error {
		return o.follow(cmd, c, id, out)
	})
	cmd.Flags().StringVar(&out, "out", "", "folder for the report files")
	return cmd
}

func runListCommand(o *serviceOptions) *cobra.Command {
	var limit int
	var before string
	var scenarios bool
	cmd := &cobra.Command{
		Use: "list", Short: "List runs, the latest first, or what can be run", Args: cobra.NoArgs,
		Example: "  lockstep run list\n  lockstep run list --scenarios --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			defer c.Close()
			if scenarios {
				return o.listScenarios(cmd, c)
			}
			runs, err := c.Runs(cmd.Context(), limit, before)
			if err != nil {
				return refused(err)
			}
			return o.show(cmd, runs, func() {
				t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "ID\tSCENARIO\tSTATE\tSTARTED\tEXECUTIONS\tPASSED\tFAILED\tABORTED\tCANCELLED")
				for _, r := range runs {
					n := r.Counts
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", r.ID, r.Scenario, r.State, r.Started.Local().Format(time.DateTime), n.Started, n.Passed, n.Failed, n.Aborted, n.Cancelled)
				}
				_ = t.Flush()
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many")
	cmd.Flags().StringVar(&before, "before", "", "id of a run: list those that started before it")
	cmd.Flags().BoolVar(&scenarios, "scenarios", false, "list what can be run")
	return cmd
}

func (o *serviceOptions) listScenarios(cmd *cobra.Command, c *client.Client) error {
	all, err := c.Scenarios(cmd.Context())
	if err != nil {
		return refused(err)
	}
	return o.show(cmd, all, func() {
		for _, s := range all {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", s.Name, s.About)
			if names := slices.Sorted(maps.Keys(parametersOf(s.Params))); len(names) > 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "  --param", strings.Join(names, ", "))
			}
		}
	})
}

// show prints a value as JSON, or as text.
func (o *serviceOptions) show(cmd *cobra.Command, value any, text func()) error {
	if o.asJSON {
		return printJSON(cmd, value)
	}
	text()
	return nil
}

// follow shows a run until it has ended.
func (o *serviceOptions) follow(cmd *cobra.Command, c *client.Client, id, out string) error {
	var shown time.Time
	run, err := c.Watch(cmd.Context(), id, func(run *control.Run) {
		if time.Since(shown) >= 2*time.Second {
			shown = time.Now()
			fmt.Fprintln(cmd.ErrOrStderr(), "lockstep:", line(run))
		}
	})
	if err != nil {
		return refused(err)
	}
	return o.tell(cmd, c, run, out)
}

// tell prints a run, fetches its report, and gives the exit code of one that has ended.
func (o *serviceOptions) tell(cmd *cobra.Command, c *client.Client, run *control.Run, out string) error {
	if err := o.show(cmd, run, func() { describe(cmd.OutOrStdout(), run) }); err != nil {
		return err
	}
	if out != "" {
		if err := fetch(cmd, c, run, out); err != nil {
			return failed(err)
		}
	}
	if run.State != control.Running && run.State != control.Passed {
		return found("run %s: %s", run.ID, run.State)
	}
	return nil
}

func fetch(cmd *cobra.Command, c *client.Client, run *control.Run, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range run.Files {
		content, err := c.File(cmd.Context(), run.ID, name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// line is a run in one line.
func line(run *control.Run) string {
	n := run.Counts
	return fmt.Sprintf("%s · %s · %d started, %d passed, %d failed, %d aborted, %d cancelled · %d requests, %d KO · %.1f/s",
		run.ID, run.State, n.Started, n.Passed, n.Failed, n.Aborted, n.Cancelled, run.Statistics.Requests.Total, run.Statistics.Requests.KO, run.Statistics.RPS)
}

func describe(w io.Writer, run *control.Run) {
	fmt.Fprintln(w, line(run))
	fmt.Fprintf(w, "%s: %s\n", run.Scenario, run.Profile)
	if run.Cause != "" {
		fmt.Fprintln(w, "cause:", run.Cause)
	}
	for _, f := range run.FirstFailures {
		fmt.Fprintf(w, "failed after %.0f ms: %s: %s\n", f.AtMS, f.User, f.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(run.Vars)) {
		fmt.Fprintf(w, "%s = %s\n", name, run.Vars[name])
	}
	for _, problem := range run.Problems {
		if !strings.HasSuffix(run.Cause, problem) {
			fmt.Fprintln(w, "note:", problem)
		}
	}
}
