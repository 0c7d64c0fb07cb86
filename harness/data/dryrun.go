package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// maxDryRows is how many rows a dry run shows.
const maxDryRows = 10_000

// WriteDryRun writes as a table who would get which value: users come in turn, each iteration of all of them together.
// In a run they come as they come, so that others may get what is here; what does not depend on that (Random, OncePerUser) is
// as it will be. Nothing else is run. Where there are not enough rows the table says who would go without, and the error is a
// [*NotEnoughError]; other errors are those of [New] and of w.
func WriteDryRun(w io.Writer, name string, source Source, o Options, n Need) error {
	o.Wait = time.Nanosecond // nobody returns anything while somebody waits here
	f, err := New(name, source, o)
	if err != nil {
		return err
	}
	sufficiency, short := f.Enough(n)
	if short != nil && !errors.Is(short, ErrNotEnough) {
		return errors.Join(short, f.Close())
	}
	dry := &dryRun{feeder: f, need: n, table: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	_, err = fmt.Fprintf(w, "%s: a new value %s; without values: %v\n%s: %s\n\n",
		source, updateWords(f.options.Update), f.options.OutOfValues, verdict(sufficiency), sufficiency)
	return errors.Join(err, dry.write(), f.Close(), short)
}

func verdict(s Sufficiency) string {
	if s.Enough() {
		return "enough"
	}
	return "not enough"
}

func updateWords(u Update) string {
	if u == Once {
		return "once for each user"
	}
	return "each " + u.String()
}

type dryRun struct {
	feeder *Feeder
	need   Need
	table  *tabwriter.Writer
	users  []*User
	shown  int
	over   bool // the run has failed
}

func (dry *dryRun) write() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	users := min(dry.need.Users, maxDryRows)
	for i := range users {
		dry.users = append(dry.users, NewUser(ctx, fmt.Sprint("user ", i+1)))
	}
	defer func() {
		for _, u := range dry.users {
			u.End()
		}
	}()
	dry.row("user", "iteration", "row", strings.Join(dry.feeder.columns, "\t"))
	iterations := max(1, dry.need.Iterations)
	for i := 1; i <= iterations && !dry.over && dry.shown <= maxDryRows; i++ {
		dry.iteration(ctx, i)
	}
	err := dry.table.Flush()
	for _, warning := range dry.feeder.Warnings() {
		_, failed := fmt.Fprintf(dry.table, "\nwarning: %s\n", warning)
		err = errors.Join(err, failed)
	}
	if dry.shown > maxDryRows {
		_, failed := fmt.Fprintf(dry.table, "\nthe first %d rows of the table are shown\n", maxDryRows)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, dry.table.Flush())
}

// iteration is one of all users: nobody ends it before all have drawn.
func (dry *dryRun) iteration(ctx context.Context, number int) {
	for _, u := range dry.users {
		u.Begin(ctx)
	}
	going := dry.users[:0]
	for _, u := range dry.users {
		if dry.over || dry.shown > maxDryRows || dry.draw(ctx, u, number) {
			going = append(going, u)
		} else {
			u.End()
		}
	}
	dry.users = going
}

// draw shows what the user gets; false: the user stops.
func (dry *dryRun) draw(ctx context.Context, u *User, iteration int) bool {
	draws := 1
	if dry.feeder.options.Update == EachOccurrence {
		draws = max(1, dry.need.Draws)
	}
	for range draws {
		if dry.shown++; dry.shown > maxDryRows {
			return true
		}
		row, err := dry.feeder.Draw(ctx, u)
		if err != nil {
			dry.row(u.Name(), fmt.Sprint(iteration), "-", dry.without(err))
			dry.over = !errors.Is(err, ErrStopUser)
			return dry.over
		}
		place := fmt.Sprint(row.Number)
		if row.line > 0 {
			place += fmt.Sprintf(" (line %d)", row.line)
		}
		dry.row(u.Name(), fmt.Sprint(iteration), place, strings.Join(row.shown(40), "\t"))
	}
	return true
}

func (dry *dryRun) without(err error) string {
	if out, ok := errors.AsType[*OutOfValuesError](err); ok {
		return fmt.Sprintf("%s; %v", out.Detail, out.consequence())
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// row's failures to write come out at the flush.
func (dry *dryRun) row(cells ...string) { fmt.Fprintln(dry.table, strings.Join(cells, "\t")) }
