package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitArguments = 1
	exitFound     = 2
	exitFailed    = 3
)

// failure is an error with an exit code of its own.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// found says that the command worked and what it looked at is not well.
func found(format string, args ...any) error {
	return &failure{exitFound, fmt.Errorf(format, args...)}
}

// failed says that the command could not do its work.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{exitFailed, err}
}

func main() { os.Exit(run(os.Args[1:])) }

// run executes the command line. The first interrupt ends it in good order, the second at once: browsers end
// with this process in any case.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from now on a signal has its usual effect
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "lockstep:", err)
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitArguments
}

// one wants exactly one argument, and shows how it looks.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
		return fmt.Errorf("%s: want one %s, not %d arguments; for example: %s", cmd.Name(), what, len(args), example)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "lockstep",
		Short: "Several independent users in one spec",
		Long: `Lockstep drives several independent users of a web application at once: real browsers and light HTTP users.

Exit codes: 0 all is well; 1 the arguments are wrong; 2 something wrong was found (a scenario or a run that did not
pass, a browser that is missing, users who cannot live together); 3 it could not be done.`,
		Example: `  lockstep doctor
  lockstep phonebook --defects rename-check-then-act
  lockstep report artifacts/results.json
  lockstep plan 'rampUsers(100).during(10)'
  lockstep load --url http://localhost:8080 --profile 'rampUsers(100).during(10)'
  lockstep pg --upstream postgres://me@127.0.0.1:5432/shop --app http://127.0.0.1:8080
  lockstep serve --database runs.db
  lockstep run start url --param url=http://localhost:8080 --total 100 --cps 10 --watch
  lockstep coexist --url 'http://localhost:8080/items/${id}' --data items.csv --policy lease
  lockstep bench sessions --count 20 --json
  lockstep completion bash > /etc/bash_completion.d/lockstep`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(doctorCommand(), phonebookCommand(), reportCommand(), benchCommand(), planCommand(), pgCommand(), replayCommand(), loadCommand(), coexistCommand(), serveCommand(), runCommand(), versionCommand())
	return root
}
