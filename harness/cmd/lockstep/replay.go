package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness"
)

func replayCommand() *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Show a failure that an exploration has kept, and replay it",
		Long: `Show a failure that an exploration has kept, and replay it: its test is run with go test, in the folder that it was run in,
under the schedule of the file alone.

Exit codes: 0 the failure did not come back; 1 the arguments are wrong; 2 the test failed; 3 it could not be done.`,
		Example: `  lockstep replay artifacts/TestVoucher/one-voucher/failure.json
  lockstep replay --show artifacts/TestVoucher/one-voucher/failure.json`,
		Args: one("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := harness.ReadFailure(args[0])
			if err != nil {
				return failed(fmt.Errorf("replay: %w", err))
			}
			fmt.Fprint(cmd.OutOrStdout(), kept)
			if only {
				return nil
			}
			return runAgain(cmd, kept, args[0])
		},
	}
	cmd.Flags().BoolVar(&only, "show", false, "show the failure alone")
	return cmd
}

// runAgain runs the command that the file names. Who has written the file says what runs, as with any script; but it can be nothing
// but a test.
func runAgain(cmd *cobra.Command, kept *harness.FailureFile, file string) error {
	if len(kept.Command) < 2 || kept.Command[0] != "go" || kept.Command[1] != "test" {
		return failed(fmt.Errorf("%s: %w: its command is %q, want one that begins with go test", file, harness.ErrFailureFile, strings.Join(kept.Command, " ")))
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return failed(err)
	}
	test := exec.CommandContext(cmd.Context(), "go", kept.Command[1:]...) //nolint:gosec // go test, which was checked
	test.Dir = kept.Folder
	test.Env = append(os.Environ(), harness.EnvSchedule+"="+path, fmt.Sprintf("%s=%d", harness.EnvSeed, kept.Seed))
	test.Stdout, test.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	fmt.Fprintf(cmd.OutOrStdout(), "\nin %s: %s=%s %s\n", kept.Folder, harness.EnvSchedule, path, strings.Join(kept.Command, " "))
	err = test.Run()
	if _, ran := errors.AsType[*exec.ExitError](err); ran {
		return found("the failure came back")
	}
	return failed(err)
}
