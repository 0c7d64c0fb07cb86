package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/client"
	"github.com/seed49090845/lockstep/sync/vars"
)

// startOptions are the flags of the command, as they were given.
type startOptions struct {
	*serviceOptions
	start                                                control.Start
	params, vars                                         []string
	out                                                  string
	ramp, warmUp, maxDuration, gracefulStop, maxLateness time.Duration
	watch                                                bool
}

const runStartHelp = `Start a run of a scenario: those of the service are listed by "lockstep run list --scenarios", with their parameters, which --json describes.

Executions start as --profile says (see "lockstep plan --help"), or there is a plain number of them: --total, with --backlog,
--cps or both. A --param is NAME=VALUE; a value that is no text is JSON, and @FILE is the content of a file, which is sent along.
A --var is NAME=VALUE too, where VALUE is JSON or else a text.

It prints the id of the run. With --watch it shows the run until it has ended.

Exit codes: 0 it was started, or with --watch passed; 1 the arguments are wrong, or the service refused them; 2 with --watch, it did
not pass; 3 it could not be done.`

func runStartCommand(service *serviceOptions) *cobra.Command {
	o := &startOptions{serviceOptions: service}
	cmd := &cobra.Command{
		Use:   "start SCENARIO",
		Short: "Start a run",
		Long:  runStartHelp,
		Example: `  lockstep run start url --param url=http://localhost:8080 --profile 'rampUsers(100).during(10)'
  lockstep run start url --param url=http://localhost:8080 --param 'headers={"X-Name":"Ada"}' --total 1000 --cps 50 --backlog 20 --watch
  lockstep run start har --param url=http://localhost:8080 --param har=@session.har --profile 'constantUsersPerSec(5).during(1.minute)'
  lockstep run start phonebook --total 50 --backlog 5 --var LIMIT=10 --id nightly-1`,
		Args: one("SCENARIO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.client()
			if err != nil {
				return err
			}
			defer c.Close()
			o.start.Scenario = args[0]
			if err := o.complete(cmd, c); err != nil {
				return err
			}
			run, err := c.Start(cmd.Context(), o.start)
			if err != nil {
				return refused(err)
			}
			if !o.watch {
				return o.show(cmd, run, func() { fmt.Fprintln(cmd.OutOrStdout(), run.ID) })
			}
			return o.follow(cmd, c, run.ID, o.out)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *startOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.start.ID, "id", "", "id of the run (default: the service makes one); an id is good once")
	f.StringArrayVar(&o.params, "param", nil, "parameter NAME=VALUE of the scenario (repeatable)")
	f.StringArrayVar(&o.vars, "var", nil, "run variable NAME=VALUE at the start (repeatable)")
	f.StringVar(&o.start.Profile, "profile", "", "when executions start, or how many are in progress")
	f.IntVar(&o.start.Total, "total", 0, "executions in all")
	f.IntVar(&o.start.Backlog, "backlog", 0, "at most so many executions in progress; 0 is any number")
	f.Float64Var(&o.start.CPS, "cps", 0, "at most so many executions started per second; 0 is any number")
	f.DurationVar(&o.ramp, "ramp", 0, "time in which --cps is reached from 0")
	f.StringArrayVar(&o.start.Assertions, "assert", nil, "what the run is to be like (repeatable)")
	f.Uint64Var(&o.start.Seed, "seed", 0, "seed of random times (default: one is drawn and reported)")
	f.DurationVar(&o.warmUp, "warm-up", 0, "time at the beginning that is left out of the figures")
	f.DurationVar(&o.maxDuration, "max-duration", 0, "time after which nobody is started any more")
	f.DurationVar(&o.gracefulStop, "graceful-stop", 0, "time in which executions may finish at the end; 0 interrupts them (default: 30s)")
	f.DurationVar(&o.maxLateness, "max-lateness", 0, "how late the generator may be; 0 does not judge it (default: 10ms)")
	f.BoolVar(&o.watch, "watch", false, "show the run until it has ended")
	f.StringVar(&o.out, "out", "", "with --watch: folder for the report files")
}

// complete makes what is sent of what was given.
func (o *startOptions) complete(cmd *cobra.Command, c *client.Client) (err error) {
	s := &o.start
	s.Ramp, s.WarmUp, s.MaxDuration = control.Duration(o.ramp), control.Duration(o.warmUp), control.Duration(o.maxDuration)
	if cmd.Flags().Changed("graceful-stop") {
		s.GracefulStop = (*control.Duration)(&o.gracefulStop)
	}
	if cmd.Flags().Changed("max-lateness") {
		s.MaxLateness = (*control.Duration)(&o.maxLateness)
	}
	if o.out != "" && !o.watch {
		return errors.New("--out needs --watch: the report is there when the run has ended")
	}
	if s.Params, err = o.parameters(cmd.Context(), c); err != nil {
		return err
	}
	s.Vars = control.Variables{}
	for _, text := range o.vars {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("--var %q: want NAME=VALUE", text)
		}
		var v vars.Value
		if json.Unmarshal([]byte(value), &v) != nil {
			if v, err = vars.Of(value); err != nil {
				return fmt.Errorf("--var %q: %w", text, err)
			}
		}
		s.Vars[name] = v
	}
	return nil
}

// parameters asks the service which of them are texts; the others are JSON.
func (o *startOptions) parameters(ctx context.Context, c *client.Client) (json.RawMessage, error) {
	if len(o.params) == 0 {
		return nil, nil
	}
	texts, err := textParameters(ctx, c, o.start.Scenario)
	if err != nil {
		return nil, err
	}
	params := map[string]json.RawMessage{}
	for _, given := range o.params {
		name, value, ok := strings.Cut(given, "=")
		if !ok {
			return nil, fmt.Errorf("--param %q: want NAME=VALUE", given)
		}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("--param %s: %w", name, err)
			}
			value = string(content)
		}
		isText, known := texts[name]
		if !known && len(texts) > 0 {
			return nil, fmt.Errorf("--param %s: %s has no such parameter; there are %s", name, o.start.Scenario, strings.Join(slices.Sorted(maps.Keys(texts)), ", "))
		}
		params[name] = json.RawMessage(value)
		if isText {
			params[name], _ = json.Marshal(value) // a text always can be
		} else if !json.Valid([]byte(value)) {
			return nil, fmt.Errorf("--param %s: %.60q is no JSON, and the parameter is no text", name, value)
		}
	}
	return json.Marshal(params)
}

// textParameters are the parameters of a scenario by name, and whether each is a text; none if the service has no such scenario.
func textParameters(ctx context.Context, c *client.Client, scenario string) (map[string]bool, error) {
	all, err := c.Scenarios(ctx)
	if err != nil {
		return nil, refused(err)
	}
	for _, s := range all {
		if s.Name == scenario {
			return parametersOf(s.Params), nil
		}
	}
	return nil, nil //nolint:nilnil // the service tells what there is
}

// parametersOf are the names in a schema of parameters, and whether each is a text.
func parametersOf(schema json.RawMessage) map[string]bool {
	var object struct {
		Properties map[string]struct{ Type any }
	}
	_ = json.Unmarshal(schema, &object) // what is no schema names none
	texts := map[string]bool{}
	for name, property := range object.Properties {
		texts[name] = property.Type == "string"
	}
	return texts
}

// refused tells what the service refused from what could not be done.
func refused(err error) error {
	if problem, ok := errors.AsType[*client.ProblemError](err); ok && problem.Status < http.StatusInternalServerError {
		return err
	}
	return failed(err)
}
