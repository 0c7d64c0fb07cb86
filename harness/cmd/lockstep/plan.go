package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func planCommand() *cobra.Command {
	var seed uint64
	var shard string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan PROFILE",
		Short: "Print when virtual users arrive, without running anything",
		Long: `Print what an injection profile comes to: in an open model when each user arrives, in a closed model how many
users are wanted and when that changes. Nothing is run.

A profile is a list of steps, separated by commas. Durations are 5 (seconds), 1.5s, 500ms, 10.minutes.

Open model, users arrive whatever the system does:
  nothingFor(4)
  atOnceUsers(10)
  rampUsers(10).during(5)
  constantUsersPerSec(20).during(15)[.randomized]
  rampUsersPerSec(10).to(20).during(10.minutes)[.randomized]
  stressPeakUsers(1000).during(20)
  incrementUsersPerSec(5).times(5).eachLevelLasting(10)[.separatedByRampsLasting(10)][.startingFrom(10)]
Closed model, a number of users is held:
  constantConcurrentUsers(10).during(10)
  rampConcurrentUsers(10).to(20).during(10)
  incrementConcurrentUsers(5).times(5).eachLevelLasting(10)[.separatedByRampsLasting(10)][.startingFrom(10)]
All steps may stand in inject(…), after which .noShard has them run whole on the first of several machines.

The seed decides the times of randomized steps; the same seed gives the same times. Without --seed one is drawn and printed.`,
		Example: `  lockstep plan 'rampUsers(10).during(5), constantUsersPerSec(20).during(15).randomized' --seed 7
  lockstep plan 'rampConcurrentUsers(10).to(20).during(1.minute)'
  lockstep plan 'stressPeakUsers(1000).during(20)' --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := profile.Parse(args[0])
			if err != nil {
				return fmt.Errorf("PROFILE: %w", err)
			}
			if !cmd.Flags().Changed("seed") {
				seed = uint64(rand.Uint32())
			}
			plan, err := planOf(p, seed, shard, cmd.Flags().Changed("seed"))
			if err != nil {
				return err
			}
			out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
			if asJSON {
				err = streamPlan(cmd.Context(), out, plan)
			} else {
				err = showPlan(cmd.Context(), out, p, plan, shard)
			}
			if err != nil {
				return failed(err)
			}
			return failed(out.Flush())
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of randomized steps (default: one is drawn and printed)")
	cmd.Flags().StringVar(&shard, "shard", "", "the part of machine I of N, as I/N from 1")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: every arrival, or every change of the number of users")
	return withData(cmd)
}

// planOf lays a profile out, or the part of one machine.
func planOf(p profile.Profile, seed uint64, shard string, seeded bool) (profile.Plan, error) {
	plan := p.Plan(seed)
	if shard == "" {
		return plan, nil
	}
	i, n, err := parseShard(shard)
	if err != nil {
		return plan, err
	}
	if n > 1 && !seeded && !p.IsNoShard() && plan.Randomized() {
		return plan, errors.New("--shard: each machine would draw other times; give all the same --seed")
	}
	return plan.Shard(i, n)
}

// streamPlan prints a plan as JSON. It keeps nothing, so that a plan of many millions can be printed.
func streamPlan(ctx context.Context, out *bufio.Writer, plan profile.Plan) error {
	fmt.Fprintf(out, `{"model":"%s"`, plan.Model())
	if plan.Model() == profile.Open {
		fmt.Fprintf(out, `,"users":%d`, plan.Users())
	}
	if plan.Randomized() {
		fmt.Fprintf(out, `,"seed":%d`, plan.Seed())
	}
	fmt.Fprintf(out, `,"duration_ms":%s`, appendMillis(nil, plan.Duration()))
	var err error
	if plan.Model() == profile.Open {
		fmt.Fprint(out, `,"arrivals_ms":[`)
		err = streamEach(ctx, out, plan.Arrivals(), appendMillis)
	} else {
		fmt.Fprint(out, `,"targets":[`)
		err = streamEach(ctx, out, plan.Targets(), func(line []byte, t profile.Target) []byte {
			line = appendMillis(append(line, `{"at_ms":`...), t.At)
			return append(strconv.AppendInt(append(line, `,"users":`...), int64(t.Users), 10), '}')
		})
	}
	if err != nil {
		return err
	}
	_, err = out.WriteString("]}\n")
	return err
}

// streamEach prints elements with commas between them, until the context ends.
func streamEach[T any](ctx context.Context, out *bufio.Writer, elements iter.Seq[T], appendTo func([]byte, T) []byte) error {
	var line []byte
	printed := 0
	for element := range elements {
		line = line[:0]
		if printed > 0 {
			line = append(line, ',')
		}
		line = appendTo(line, element)
		if _, err := out.Write(line); err != nil {
			return err
		}
		if printed++; printed%4096 == 0 && ctx.Err() != nil {
			return fmt.Errorf("after %d elements: %w", printed, context.Cause(ctx))
		}
	}
	return nil
}

// appendMillis appends milliseconds, exact to the nanosecond.
func appendMillis(line []byte, d time.Duration) []byte {
	line = strconv.AppendInt(line, int64(d/time.Millisecond), 10)
	rest := int(d % time.Millisecond)
	if rest == 0 {
		return line
	}
	digits := strconv.Itoa(1_000_000 + rest)[1:]
	return append(append(line, '.'), strings.TrimRight(digits, "0")...)
}

// showPlan prints a plan for a person: a table of the steps and a plot.
func showPlan(ctx context.Context, out io.Writer, p profile.Profile, plan profile.Plan, shard string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tUSERS\tFROM\tTO")
	most := 0
	for _, span := range p.Spans() {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", span.Step, span.Users, span.From, span.To)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if shard != "" {
		fmt.Fprintf(out, "\nthe steps are those of all machines; of machine %s:", shard)
	}
	for target := range plan.Targets() {
		most = max(most, target.Users)
	}
	if plan.Model() == profile.Closed {
		fmt.Fprintf(out, "\nclosed model: at most %d users present, for %s\n", most, plan.Duration())
	} else {
		fmt.Fprintf(out, "\nopen model: %d users in %s", plan.Users(), plan.Duration())
		if plan.Randomized() {
			fmt.Fprintf(out, ", --seed %d", plan.Seed())
		}
		fmt.Fprintln(out)
	}
	return plotPlan(ctx, out, plan)
}

// The plot.
const (
	plotColumns  = 72
	plotRows     = 8
	plottedUsers = 20_000_000 // of more than these, counting them would take long
)

func plotPlan(ctx context.Context, out io.Writer, plan profile.Plan) error {
	if plan.Duration() == 0 {
		return nil
	}
	if plan.Users() > plottedUsers {
		fmt.Fprintf(out, "\nno plot: more than %d users\n", plottedUsers)
		return nil
	}
	title, heights := "users present", presentUsers(plan)
	if plan.Model() == profile.Open {
		title = "users per second"
		var err error
		if heights, err = usersPerSecond(ctx, plan); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%s\n%s", title, plot(heights, plan.Duration()))
	return nil
}

// column gives the column of a time.
func column(at, duration time.Duration) int {
	return min(int(float64(at)/float64(duration)*plotColumns), plotColumns-1)
}

func usersPerSecond(ctx context.Context, plan profile.Plan) ([]float64, error) {
	duration := plan.Duration()
	perUser := plotColumns / duration.Seconds()
	heights := make([]float64, plotColumns)
	users := 0
	for at := range plan.Arrivals() {
		heights[column(at, duration)] += perUser
		if users++; users%4096 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return heights, nil
}

func presentUsers(plan profile.Plan) []float64 {
	heights := make([]float64, plotColumns)
	for i := range heights {
		heights[i] = float64(plan.TargetAt(time.Duration((float64(i) + 0.5) / plotColumns * float64(plan.Duration()))))
	}
	return heights
}

// plot draws columns of eighths of a character, with the highest at the left and the time below.
func plot(heights []float64, duration time.Duration) string {
	highest := 0.0
	for _, height := range heights {
		highest = max(highest, height)
	}
	top := strconv.FormatFloat(highest, 'g', 4, 64)
	eighths := []rune(" ▁▂▃▄▅▆▇█")
	var text strings.Builder
	for row := plotRows; row > 0; row-- {
		label := ""
		if row == plotRows {
			label = top
		}
		fmt.Fprintf(&text, "%*s │", len(top), label)
		var line strings.Builder
		for _, height := range heights {
			filled := int(height / max(highest, 1e-9) * plotRows * 8)
			if height > 0 {
				filled = max(filled, 1) // what is little is not nothing
			}
			line.WriteRune(eighths[min(max(filled-(row-1)*8, 0), 8)])
		}
		fmt.Fprintln(&text, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintf(&text, "%*s └%s\n", len(top), "0", strings.Repeat("─", plotColumns))
	fmt.Fprintf(&text, "%*s  0s%*s\n", len(top), "", plotColumns-2, duration)
	return text.String()
}
