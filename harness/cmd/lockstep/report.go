package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/report"
)

func reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report FILE",
		Short: "Show the results of a suite as a table",
		Long: `Show the results.json that a suite wrote as a table of scenarios and steps, with the causes of what did not
pass and the totals of the steps.

Exit code 2 if a scenario did not pass and was not meant to fail, or if none ran.`,
		Example: "  lockstep report artifacts/results.json",
		Args:    one("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			suite, err := report.Read(args[0])
			if err != nil {
				return failed(err)
			}
			if err := report.Table(cmd.OutOrStdout(), suite.Results, terminalOptions()); err != nil {
				return failed(err)
			}
			if len(suite.Results) == 0 {
				return found("report: %s has no scenario: what the suite printed says why none ran", args[0])
			}
			for _, result := range suite.Results {
				if result.Outcome != harness.Passed && !result.Expected {
					return found("not all scenarios passed")
				}
			}
			return nil
		},
	}
}

// terminalOptions fit the table to the terminal, if there is one.
func terminalOptions() report.TableOptions {
	terminal := int(os.Stdout.Fd())
	if !term.IsTerminal(terminal) {
		return report.TableOptions{}
	}
	width, _, err := term.GetSize(terminal)
	if err != nil {
		return report.TableOptions{}
	}
	return report.TableOptions{Width: min(width, 120), Color: os.Getenv("NO_COLOR") == ""}
}
