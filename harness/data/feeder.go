package data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// Feeder is a source under a policy. Make one with [New] for all users of a run, and close it after the run.
//
// Invariants, whenever mu is free:
//
//  1. Under Lease a row is on the rack, or it has exactly one holding that has not ended; nobody waits while the rack has one.
//  2. Each holding that has not ended is known to a period that has not ended, and ends with it.
//  3. A user of whom the feeder knows has not ended.
//
// The lock of a period may be taken while mu is held, and not the other way round.
type Feeder struct {
	name    string
	options Options
	source  Source
	rows    []Row    // nil: they are read as they are used
	columns []string // of the source
	stream  *stream
	closed  chan struct{}

	mu     sync.Mutex
	dealer dealer // nil: Lease, or it follows another
	rack   rack
	users  map[*User]*drawer
	book   *book
	kept   keptLast
}

// drawer is what a feeder knows of a user.
type drawer struct {
	user    *User
	current *holding // the value that it was given last; it may have ended
	during  *period  // in which that was
	has     bool

	random *rand.Rand // of lottery
	used   int        // of each and blocks: how many rows
	block  int        // of blocks: which one, from 1
	kept   bool       // it keeps its last value because there are no more
}

// keptLast is what becomes a warning.
type keptLast struct {
	users int
	first string
}

// New reads the source, and returns a feeder of it. All that is wrong with the options, with the columns and, unless the rows are
// read as they are used, with any row comes out here. Errors wrap [ErrInvalidOption], [ErrNoRows], [ErrTooLarge], or are a [*PlaceError].
func New(name string, source Source, o Options) (*Feeder, error) {
	o, err := o.withDefaults(name)
	if err != nil {
		return nil, err
	}
	f := &Feeder{name: name, options: o, source: source, closed: make(chan struct{}), users: map[*User]*drawer{}, book: newBook(o.History)}
	if err := f.read(); err != nil {
		return nil, err
	}
	for _, column := range o.Columns {
		if !slices.Contains(f.columns, column) {
			err := fmt.Errorf("feeder %q: %w: %s has no column %q, but %s", name, ErrInvalidOption, source, column, quoted(f.columns))
			return nil, errors.Join(err, f.Close())
		}
	}
	switch {
	case o.Follow != nil:
	case o.Policy == Lease:
		f.rack = rack{rows: len(f.rows), free: slices.Clone(f.rows)}
	default:
		f.dealer = newDealer(name, o, f.rows, f.stream)
	}
	return f, nil
}

// read loads the rows, or makes sure that they can be read later.
func (f *Feeder) read() error {
	rows, columns, err := load(f.source, f.options.Memory)
	switch {
	case err == nil && len(rows) == 0:
		return fmt.Errorf("feeder %q: %s: %w", f.name, f.source, ErrNoRows)
	case err == nil:
		f.rows, f.columns = rows, columns
		return nil
	case !errors.Is(err, errFull):
		return fmt.Errorf("feeder %q: %w", f.name, err)
	case !f.options.Policy.streams() || f.options.Follow != nil:
		return tooLarge(f.name, f.options, f.source, f.sizeText())
	}
	f.stream = &stream{source: f.source}
	if err := f.stream.open(); err != nil {
		return fmt.Errorf("feeder %q: %w", f.name, err)
	}
	f.columns = f.stream.reader.Columns()
	return nil
}

func (f *Feeder) sizeText() string {
	if s, ok := f.source.(sized); ok {
		if size, err := s.Size(); err == nil {
			return bytesText(size) // in memory it takes more
		}
	}
	return "more than that"
}

// Name returns the name of the feeder.
func (f *Feeder) Name() string { return f.name }

// Columns returns the names of the columns of the source.
func (f *Feeder) Columns() []string { return slices.Clone(f.columns) }

// Streamed reports whether the rows are read as they are used, because they would not fit into memory.
func (f *Feeder) Streamed() bool { return f.stream != nil }

// Draw returns the user's value: the one that it has, or a new one where Options.Update says so. Under Lease it waits
// until one is free, the context ends, or Options.Wait has passed.
//
// Without a value, the error is an [*OutOfValuesError], which wraps [ErrFailRun] or [ErrStopUser]; a wait that something else
// ended gives a [*WaitError]. A user who has ended, or is between two iterations, gets [ErrUserEnded].
func (f *Feeder) Draw(ctx context.Context, u *User) (Row, error) {
	if ctx.Err() != nil {
		return Row{}, fmt.Errorf("feeder %q: %q draws: the context ended: %w", f.name, u.name, context.Cause(ctx))
	}
	select {
	case <-f.closed:
		return Row{}, fmt.Errorf("feeder %q: %w", f.name, ErrClosed)
	default:
	}
	p, err := u.period(f.options.Update)
	if err != nil {
		return Row{}, fmt.Errorf("feeder %q: %w", f.name, err)
	}
	if f.options.Follow != nil {
		return f.follow(ctx, u, p)
	}
	f.mu.Lock()
	d, err := f.drawer(u)
	switch {
	case err != nil:
		f.mu.Unlock()
		return Row{}, err
	case f.options.Update != EachOccurrence && d.has && d.during == p:
		defer f.mu.Unlock()
		return d.current.Row, nil
	case f.options.Policy == Lease:
		return f.lease(ctx, d, p)
	}
	defer f.mu.Unlock()
	row, err := f.deal(d, p)
	if err != nil {
		return Row{}, err
	}
	if !f.hold(d, p, row) {
		return Row{}, fmt.Errorf("feeder %q: %w: %q ended while it drew", f.name, ErrUserEnded, u.name)
	}
	return row, nil
}

// drawer returns what is known of the user, which is forgotten when the user ends.
func (f *Feeder) drawer(u *User) (*drawer, error) {
	if d, ok := f.users[u]; ok {
		return d, nil
	}
	_, ok := u.whole.onEnd(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.users, u)
	})
	if !ok {
		return nil, fmt.Errorf("feeder %q: %w: %q has ended", f.name, ErrUserEnded, u.name)
	}
	d := &drawer{user: u}
	f.users[u] = d
	return d, nil
}

// deal asks the policy, and then the rule.
func (f *Feeder) deal(d *drawer, p *period) (Row, error) {
	row, err := f.dealer.deal(d)
	out, isOut := errors.AsType[*outError](err)
	if isOut && f.options.OutOfValues == StartAgain {
		if err = f.dealer.again(d); err == nil {
			row, err = f.dealer.deal(d)
			out, isOut = errors.AsType[*outError](err)
		}
	}
	switch {
	case isOut && f.options.OutOfValues == KeepLast && d.has:
		f.keepLast(d, p, out)
		return d.current.Row, nil
	case isOut:
		return Row{}, &OutOfValuesError{
			Feeder: f.name, Policy: f.options.Policy, User: d.user.name, Iteration: p.iteration,
			Rows: out.rows, Detail: out.detail, Rule: f.options.OutOfValues,
		}
	case err != nil:
		return Row{}, fmt.Errorf("feeder %q: %w", f.name, err)
	}
	return row, nil
}

// hold notes that the row is the user's for the period; false: the period has ended.
func (f *Feeder) hold(d *drawer, p *period, row Row) bool {
	h := f.book.open(Holding{Feeder: f.name, Row: row, User: d.user.name, Iteration: p.iteration})
	h.by = d.user
	cancel, ok := p.onEnd(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.giveBack(h)
	})
	if !ok {
		f.book.forget(h)
		return false
	}
	h.cancel = cancel
	// A lease is the user's to the end of the period, even if there is another; everything else is replaced.
	if d.has && f.options.Policy != Lease && f.book.close(d.current) {
		d.current.cancel()
	}
	h.observe()
	d.current, d.during, d.has = h, p, true
	return true
}

// giveBack ends a holding.
func (f *Feeder) giveBack(h *holding) {
	if f.book.close(h) && f.options.Policy == Lease && f.options.Follow == nil {
		f.returned(h.Row)
	}
}

// follow returns the row with the number of the one that the user has of the feeder that leads.
func (f *Feeder) follow(ctx context.Context, u *User, p *period) (Row, error) {
	number, err := f.options.Follow.lead(ctx, u, p)
	if err != nil {
		return Row{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if number > len(f.rows) {
		return Row{}, fmt.Errorf("feeder %q: %w: it has %d rows, and follows feeder %q, which is at row %d\n  hint: both sources need as many rows",
			f.name, ErrNotEnough, len(f.rows), f.options.Follow.name, number)
	}
	d, err := f.drawer(u)
	if err != nil {
		return Row{}, err
	}
	row := f.rows[number-1]
	if d.has && d.during == p && d.current.Row.Number == number {
		return row, nil
	}
	if !f.hold(d, p, row) {
		return Row{}, fmt.Errorf("feeder %q: %w: %q ended while it drew", f.name, ErrUserEnded, u.name)
	}
	return row, nil
}

// lead returns the number of the row that the user has in the period, and draws one if it has none.
func (f *Feeder) lead(ctx context.Context, u *User, p *period) (int, error) {
	f.mu.Lock()
	if d, ok := f.users[u]; ok && d.has && d.during == p {
		defer f.mu.Unlock()
		return d.current.Row.Number, nil
	}
	f.mu.Unlock()
	row, err := f.Draw(ctx, u)
	return row.Number, err
}

func (f *Feeder) keepLast(d *drawer, p *period, out *outError) {
	if d.kept {
		return
	}
	d.kept = true
	if f.kept.users++; f.kept.users == 1 {
		f.kept.first = fmt.Sprintf("%s: %s", who(d.user.name, p.iteration), out.detail)
	}
}

// Warnings says what went on although it was not as it should be: who keeps a last value because there are no more.
func (f *Feeder) Warnings() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept.users == 0 {
		return nil
	}
	return []string{fmt.Sprintf("feeder %q ran out of values; users that keep their last one: %d, the first of them %s", f.name, f.kept.users, f.kept.first)}
}

// Close ends the feeder: who waits for a lease is told, and a file that is being read is closed. Holdings stay.
func (f *Feeder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.closed:
		return nil
	default:
	}
	close(f.closed)
	if f.stream == nil {
		return nil
	}
	return f.stream.close()
}
