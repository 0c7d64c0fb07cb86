package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

const coexistHelp = `Let several users do the same at the same moment, and find whether they can live together: each scenario alone, --users who all start
at once and do it --iterations times without a pause; the same for --duration; and, if there are several scenarios, all of them together,
with --together users each. The verdict is zero errors. The report groups failures by data value, by overlap in time and by pair of users, and
says who held the value at that moment, and whether data ran out.

A scenario is an address (--url, repeatable: each is one), a HAR (--har), or the phonebook (--phonebook: log in, create a phonebook with the
name of the row, delete it). --as browsers does it in real browsers, --as both in browsers and as virtual users, which is two scenarios.

With --data each iteration draws a row under --policy; ${column} in the path of --url, in --body and --header, and in the requests of a HAR is what the
row has there. The phonebook uses the columns name, and tenant, user and password if the file has them.

The first interrupt lets users finish and reports; the second stops at once.
Exit codes: 0 nobody failed; 1 the arguments are wrong, or there are not enough data; 2 somebody failed, data ran out, or it was stopped;
3 it could not be done.`

// coexistOptions are the flags of the command, as they were given.
type coexistOptions struct {
	coexist.Options
	feed
	load      loadOptions // of its flags, those about requests
	urls      []string
	phases    []string
	phonebook bool
	as, out   string
	asJSON    bool
}

func coexistCommand() *cobra.Command {
	o := &coexistOptions{}
	cmd := &cobra.Command{
		Use:   "coexist --url URL [--data FILE --policy POLICY]",
		Short: "Find whether users can live together",
		Long:  coexistHelp,
		Example: `  lockstep coexist --url 'http://localhost:8080/items/${id}' --data items.csv --policy lease
  lockstep coexist --url http://localhost:8080/items --url http://localhost:8080/orders --duration 1m --out artifacts
  lockstep coexist --url http://localhost:8080/items --body '{"name":"${name}"}' --check 'status = 201' --data names.csv --policy queue --phases iterations
  lockstep coexist --url http://localhost:8080 --har session.har --users 3 --iterations 5 --duration 30s --json
  lockstep coexist --url http://localhost:8080 --phonebook --as both --data names.csv --policy lease --duration 1m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.flags(cmd)
	return cmd
}

func (o *coexistOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.urls, "url", nil, "address of the requests; nothing is sent to any other host (repeatable: several scenarios)")
	f.StringVar(&o.load.har, "har", "", "replay the requests to the host of --url in this HAR")
	f.StringVar(&o.load.harHost, "har-host", "", "host of the HAR whose requests are sent to that of --url (default: the same host)")
	f.BoolVar(&o.phonebook, "phonebook", false, "what users do is to create and delete a phonebook, at the phonebook whose address is --url")
	f.StringVar(&o.as, "as", "virtual", "what users are: virtual, browsers or both")
	o.feed.flags(cmd, "file with test data: .csv, .tsv, .json, .jsonl")
	f.IntVar(&o.Users, "users", coexist.DefaultUsers, "users of a scenario alone")
	f.IntVar(&o.Iterations, "iterations", coexist.DefaultIterations, "iterations of each in the first phase")
	f.IntVar(&o.Together, "together", coexist.DefaultTogether, "users of each scenario when all are together")
	f.DurationVar(&o.Duration, "duration", coexist.DefaultDuration, "how long a phase by duration lasts")
	f.StringSliceVar(&o.phases, "phases", nil, "those to be run, of iterations, duration, together (default: all)")
	f.BoolVar(&o.StopAtFailure, "stop-at-failure", false, "leave out what comes after the first phase in which somebody fails")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of random choices of data (default: one is drawn and reported)")
	f.DurationVar(&o.GracefulStop, "graceful-stop", coexist.DefaultGracefulStop, "time in which users may finish when a phase is over; 0 interrupts them")
	f.StringVar(&o.load.method, "method", "", "method (default: GET, or POST with --body)")
	f.StringArrayVar(&o.load.headers, "header", nil, "header 'Name: value' of every request")
	f.StringVar(&o.load.body, "body", "", "what is sent; @FILE is the content of a file")
	f.StringArrayVar(&o.load.checks, "check", nil, "what an answer is to be like (see lockstep load --help)")
	f.DurationVar(&o.load.timeout, "timeout", virtual.DefaultRequestTimeout, "limit of a request")
	f.StringVar(&o.load.authority, "ca", "", "file with the certificate of an authority that is trusted besides the system's, as PEM")
	f.StringVar(&o.out, "out", "", "folder for report.txt, results.json, drawings, evidence of browsers")
	f.BoolVar(&o.asJSON, "json", false, "print the result as JSON")
	cmd.MarkFlagsRequiredTogether("data", "policy")
	cmd.MarkFlagsMutuallyExclusive("har", "phonebook")
}

func (o *coexistOptions) run(cmd *cobra.Command) error {
	if err := o.complete(cmd); err != nil {
		return err
	}
	scenarios, feeder, err := o.scenarios()
	if err != nil {
		return err
	}
	if feeder != nil {
		defer feeder.Close()
	}
	for _, note := range o.load.notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "lockstep:", note)
	}
	ctx, stopped, release := patiently(cmd.Context(), cmd.ErrOrStderr())
	defer release()
	o.Stop, o.Progress = stopped, cmd.ErrOrStderr()
	return o.check(ctx, cmd, scenarios)
}

// complete refuses what the check would take for a default.
func (o *coexistOptions) complete(cmd *cobra.Command) error {
	if o.Users < 1 || o.Iterations < 1 || o.Together < 1 || o.Duration <= 0 {
		return errors.New("--users, --iterations, --together and --duration: want more than 0")
	}
	if o.GracefulStop == 0 {
		o.GracefulStop = -time.Nanosecond
	}
	byName := map[string]coexist.Phase{"iterations": coexist.ByIterations, "duration": coexist.ByDuration, "together": coexist.AllTogether}
	for _, name := range o.phases {
		phase, known := byName[name]
		if !known {
			return fmt.Errorf("--phases %q: want some of iterations, duration, together", name)
		}
		o.Phases = append(o.Phases, phase)
	}
	if o.out != "" {
		o.Evidence = filepath.Join(o.out, "evidence")
	}
	if cmd.Flags().Changed("body") || o.load.method != "" {
		if o.phonebook {
			return errors.New("--phonebook has requests of its own; leave --method and --body out")
		}
		if o.as != "virtual" {
			return fmt.Errorf("--as %s: a browser is asked for an address; leave --method and --body out", o.as)
		}
	}
	return nil
}

func (o *coexistOptions) check(ctx context.Context, cmd *cobra.Command, scenarios []coexist.Scenario) error {
	result, err := coexist.Check(ctx, o.Options, scenarios...)
	if err != nil {
		return err
	}
	if o.out != "" {
		if _, err := result.Write(o.out); err != nil {
			return failed(err)
		}
	}
	if o.asJSON {
		err = printJSON(cmd, result)
	} else {
		_, err = fmt.Fprint(cmd.OutOrStdout(), result.Report())
		err = failed(err)
	}
	if err != nil || result.Passed {
		return err
	}
	return found("%w", shortOf(result))
}

// shortOf is the verdict without the report, which was printed.
func shortOf(result *coexist.Result) error {
	var wrong []string
	for _, s := range result.Phases {
		if !s.Passed {
			wrong = append(wrong, fmt.Sprintf("%s: %d of %d iterations failed", s, s.Failed, s.Iterations))
		}
	}
	if result.Stopped != "" {
		wrong = append(wrong, result.Stopped)
	}
	return fmt.Errorf("%w: %s", coexist.ErrCollided, strings.Join(wrong, "; "))
}

// feeder is that of --data; nil for none.
func (o *coexistOptions) feeder(columns []string) (*data.Feeder, error) {
	if o.file == "" {
		return nil, nil //nolint:nilnil // users without data
	}
	source, options, err := o.parse()
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	options.Seed, options.Columns = o.Seed, columns
	return data.New("data", source, options)
}
