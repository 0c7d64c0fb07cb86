package main

import (
	"bufio"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/data"
)

// dryRun is what the flags of a dry run say.
type dryRun struct {
	feed
	need data.Need
}

// withData lets the plan command show who would get which test data, in place of a profile.
func withData(cmd *cobra.Command) *cobra.Command {
	dry, flags := &dryRun{}, cmd.Flags()
	dry.flags(cmd, "dry run of a file with test data: .csv, .tsv, .json, .jsonl")
	flags.IntVar(&dry.need.Users, "users", 1, "users of the run")
	flags.IntVar(&dry.need.Iterations, "iterations", 0, "iterations of each user (default: not known, one is shown)")
	flags.IntVar(&dry.need.Draws, "draws", 1, "draws in an iteration, for --update occurrence")
	cmd.Long += `

With --data, print instead which user would get which row of a file under a policy, and whether there are enough rows
(exit code 2: there are not). Users are shown in turn; in a run they come as they come.`
	cmd.Example += `
  lockstep plan --data users.csv --policy lease --users 5 --iterations 10`
	plan := cmd.RunE
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if dry.file == "" {
			return one("PROFILE")(cmd, args)
		}
		return cobra.NoArgs(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if dry.file == "" {
			return plan(cmd, args)
		}
		return dry.run(cmd)
	}
	cmd.MarkFlagsMutuallyExclusive("data", "json")
	cmd.MarkFlagsRequiredTogether("data", "policy")
	return cmd
}

// feed is a file with test data and its policy, as flags say.
type feed struct {
	file, policy, update, rule string
	options                    data.Options
}

func (f *feed) flags(cmd *cobra.Command, usage string) {
	flags := cmd.Flags()
	flags.StringVar(&f.file, "data", "", usage)
	flags.StringVar(&f.policy, "policy", "", "sequential, circular, random, shuffle, queue, lease, oncePerUser or uniqueBlock")
	flags.StringVar(&f.update, "update", data.EachIteration.String(), "a new value each iteration, each occurrence, or once")
	flags.StringVar(&f.rule, "out-of-values", data.FailRun.String(), "without values: failRun, stopUser, startAgain or keepLast")
	flags.IntVar(&f.options.Block, "block", 0, "rows for each user of uniqueBlock")
}

func (f *feed) parse() (data.Source, data.Options, error) {
	source, err := data.File(f.file)
	o := f.options
	errs := [4]error{err}
	o.Policy, errs[1] = data.ParsePolicy(f.policy)
	o.Update, errs[2] = data.ParseUpdate(f.update)
	o.OutOfValues, errs[3] = data.ParseRule(f.rule)
	return source, o, errors.Join(errs[:]...)
}

func (dry *dryRun) run(cmd *cobra.Command) error {
	source, o, err := dry.parse()
	if err != nil {
		return err
	}
	o.Seed, err = cmd.Flags().GetUint64("seed")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	err = data.WriteDryRun(out, dry.file, source, o, dry.need)
	if flushed := out.Flush(); flushed != nil {
		return failed(flushed)
	}
	switch {
	case errors.Is(err, data.ErrNotEnough):
		return &failure{exitFound, err}
	case err == nil, errors.Is(err, data.ErrInvalidOption):
		return err
	}
	return failed(err)
}
