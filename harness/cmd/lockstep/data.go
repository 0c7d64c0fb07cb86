package main

import (
	"bufio"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/data"
)

// dryRun is what the flags of a dry run say.
type dryRun struct {
	file, policy, update, rule string
	options                    data.Options
	need                       data.Need
}

// withData lets the plan command show who would get which test data, in place of a profile.
func withData(cmd *cobra.Command) *cobra.Command {
	dry, flags := &dryRun{}, cmd.Flags()
	flags.StringVar(&dry.file, "data", "", "dry run of a file with test data: .csv, .tsv, .json, .jsonl")
	flags.StringVar(&dry.policy, "policy", "", "sequential, circular, random, shuffle, queue, lease, oncePerUser or uniqueBlock")
	flags.StringVar(&dry.update, "update", data.EachIteration.String(), "a new value each iteration, each occurrence, or once")
	flags.StringVar(&dry.rule, "out-of-values", data.FailRun.String(), "without values: failRun, stopUser, startAgain or keepLast")
	flags.IntVar(&dry.options.Block, "block", 0, "rows for each user of uniqueBlock")
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
			return cobra.ExactArgs(1)(cmd, args)
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

func (dry *dryRun) run(cmd *cobra.Command) error {
	source, err := data.File(dry.file)
	if err != nil {
		return err
	}
	o := dry.options
	var errs [3]error
	o.Policy, errs[0] = data.ParsePolicy(dry.policy)
	o.Update, errs[1] = data.ParseUpdate(dry.update)
	o.OutOfValues, errs[2] = data.ParseRule(dry.rule)
	if err := errors.Join(errs[:]...); err != nil {
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
