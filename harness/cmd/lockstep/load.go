package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/report"
)

const loadHelp = `Send requests as virtual users do and tell what became of them. Users arrive, or are present, as the profile says
(see "lockstep plan --help"); or a plain number of them is run: --total, with --backlog, --cps or both.

Each user sends one request, or replays a HAR. In an open model it does so once. In a closed model it does so again and
again for as long as it is wanted, over its own kept connection; --iterations 1 replaces it after each by a new user.

With --shard 2/3 this machine has its part of the users of --profile, and of the turns of --throttle: three machines with
1/3, 2/3 and 3/3, and the same --seed where times are random, are together exactly one. inject(…).noShard runs whole on the
first, and nobody arrives on the others.

With --sweep 1,5,10 --total 100 a fixed pool of 1 user does 100 executions, then one of 5, then one of 10; each execution
is kept, in sweep.json and sweep.csv of --out, and shown in sweep.html.

With --har the recorded requests to the host of --url are repeated. Each user takes what is fresh each time (ids in paths, hidden
fields, tokens) from its own answers where it is clear in which place they are; what is taken, what is not clear, and secrets
that were not recorded are told before the run. --fill 'password=secret' --fill 'name=book {user}' gives fields by name.

Checks (repeatable; without one about the status it must be 2xx or 304):
  status = 200            header Content-Type contains json    json $.items[0].id = 7
  body contains welcome   css "#user" exists                   xpath //h1 = Shop
  regexp "id=(\d+)"       size <= 10000                        time <= 500ms
Assertions (repeatable):
  'p95 < 200ms'  'errors < 1% abort after 30s'  'rps >= 100'  '"add item" p99.actual <= 500ms'  'each: max < 2s'
Pauses (after each request; HARs: "think" is as recorded):
  constant(2)  exponential(500ms)  normal(2).deviation(500ms)  uniform(2).plusOrMinus(500ms)

Nothing is sent to anybody but the host of --url. The first interrupt lets users finish and reports; the second stops at once.
Exit codes: 0 all assertions hold; 1 the arguments are wrong; 2 an assertion does not hold, the run was stopped, or the generator
was late (more than --max-lateness, as the 99th percentile); 3 it could not be done.`

func loadCommand() *cobra.Command {
	o := &loadOptions{}
	cmd := &cobra.Command{
		Use:   "load --url URL (--profile PROFILE | --total N)",
		Short: "Let virtual users loose on a server",
		Long:  loadHelp,
		Example: `  lockstep load --url http://localhost:8080/ --profile 'rampUsers(100).during(10)'
  lockstep load --url http://localhost:8080/items --profile 'constantConcurrentUsers(50).during(30)' --assert 'p99 < 100ms' --out artifacts
  lockstep load --url http://localhost:8080/items --method POST --header 'Content-Type: application/json' --body '{"name":"Ada"}' \
      --check 'status = 201' --total 1000 --cps 50 --ramp 5s --backlog 20 --json
  lockstep load --url http://localhost:8080/items --sweep 1,5,10 --total 100
  lockstep load --url http://localhost:8080 --har session.har --fill password=@password.txt --pause think --profile 'constantUsersPerSec(5).during(1.minute)'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scenario, err := o.scenario(cmd)
			if err != nil {
				return err
			}
			options, err := o.options(cmd)
			if err != nil {
				return err
			}
			for _, note := range o.notes {
				fmt.Fprintln(cmd.ErrOrStderr(), "lockstep:", note)
			}
			ctx, stopped, release := patiently(cmd.Context(), cmd.ErrOrStderr())
			defer release()
			options.Stop = stopped
			if o.sweep != "" {
				return o.runSweep(ctx, cmd, options, scenario)
			}
			return o.run(ctx, cmd, options, scenario)
		},
	}
	o.flags(cmd)
	return cmd
}

// patiently splits interrupts: with the first one, which ends the given context, stopped is closed; with the second the
// context that is returned ends.
func patiently(of context.Context, out io.Writer) (ctx context.Context, stopped <-chan struct{}, release func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(of))
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for _, notice := range []string{"stopping: users finish what they do; interrupt again to stop now", "stopping now"} {
			select {
			case <-signals:
				_, _ = fmt.Fprintln(out, "lockstep:", notice) // who stops it may not look
			case <-done:
				return
			}
		}
		cancel(errors.New("the run was interrupted"))
	}()
	return ctx, of.Done(), func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

func (o *loadOptions) run(ctx context.Context, cmd *cobra.Command, options load.Options, scenario load.Scenario) error {
	result, err := load.Run(ctx, options, scenario)
	if err != nil {
		return err
	}
	r := report.New(o.name, result)
	if o.out != "" {
		if _, err := r.Write(o.out); err != nil {
			return failed(err)
		}
	}
	if o.asJSON {
		err = printJSON(cmd, r.Summary)
	} else {
		err = failed(report.Text(cmd.OutOrStdout(), r))
	}
	if err != nil {
		return err
	}
	return verdict(result.Err())
}

// verdict is what the exit code tells.
func verdict(err error) error {
	if err == nil {
		return nil
	}
	return found("%w", err)
}

// runSweep runs a fixed pool for each number of users.
func (o *loadOptions) runSweep(ctx context.Context, cmd *cobra.Command, options load.Options, scenario load.Scenario) error {
	levels, err := parseLevels(o.sweep)
	if err != nil {
		return err
	}
	sweep, err := load.Sweep(ctx, options, scenario, load.SweepOptions{Levels: levels, Executions: o.start.Total})
	if err != nil {
		return err
	}
	s := report.NewSweep(o.name, sweep)
	if o.out != "" {
		if _, err := s.Write(o.out); err != nil {
			return failed(err)
		}
	}
	if o.asJSON {
		err = printJSON(cmd, s.Summary())
	} else {
		err = failed(s.Text(cmd.OutOrStdout()))
	}
	if err != nil {
		return err
	}
	return verdict(sweep.Err())
}
