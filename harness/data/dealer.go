package data

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// outError says that a dealer has no value. It is for the feeder, which knows the rule.
type outError struct {
	rows   int
	detail string
}

func (e *outError) Error() string { return e.detail }

// dealer is a policy: it chooses the next row for a user. The lock of the feeder guards it.
type dealer interface {
	// deal returns a row, or an *outError.
	deal(d *drawer) (Row, error)
	// again makes deal begin again for the user, by the rule StartAgain.
	again(d *drawer) error
}

// newDealer returns the dealer for rows in memory, or for a stream of them.
func newDealer(name string, o Options, rows []Row, streamed *stream) dealer {
	var from supply = &listed{rows: rows}
	if streamed != nil {
		from = streamed
	}
	switch o.Policy {
	case Circular:
		return &line{from: from, circular: true}
	case Random:
		return &lottery{rows: rows, seed: o.Seed, name: name}
	case Shuffle:
		return &line{from: &listed{rows: rows, deal: permutations(len(rows), seeded(o.Seed, name, ""))}}
	case OncePerUser:
		return &each{rows: rows}
	case UniqueBlock:
		return &blocks{rows: rows, size: o.Block}
	}
	return &line{from: from} // Sequential, Queue
}

// seeded is the source of chance for a feeder, or for a user of it.
func seeded(seed uint64, feeder, user string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q", feeder, user)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// line deals one row after the other, to whoever comes.
type line struct {
	from     supply
	circular bool
	dealt    int
}

func (l *line) deal(d *drawer) (Row, error) {
	row, err := l.from.next()
	if errors.Is(err, io.EOF) && l.circular && l.dealt > 0 {
		if err := l.again(d); err != nil {
			return Row{}, err
		}
		row, err = l.from.next()
	}
	if errors.Is(err, io.EOF) {
		return Row{}, &outError{l.dealt, fmt.Sprintf("all its rows (%d) have been used", l.dealt)}
	}
	if err == nil {
		l.dealt = max(l.dealt, row.Number)
	}
	return row, err
}

func (l *line) again(*drawer) error { return l.from.again() }

// lottery deals any row, and to each user what the seed has for that user.
type lottery struct {
	rows []Row
	seed uint64
	name string
}

func (l *lottery) deal(d *drawer) (Row, error) {
	if d.random == nil {
		d.random = seeded(l.seed, l.name, d.user.name)
	}
	return l.rows[d.random.IntN(len(l.rows))], nil
}

func (l *lottery) again(*drawer) error { return nil }

// each deals all rows to every user.
type each struct{ rows []Row }

func (e *each) deal(d *drawer) (Row, error) {
	if d.used == len(e.rows) {
		return Row{}, &outError{len(e.rows), fmt.Sprintf("it has used all rows (%d)", len(e.rows))}
	}
	d.used++
	return e.rows[d.used-1], nil
}

func (e *each) again(*drawer) error { return nil } // the rule is refused for this policy

// blocks deals to each user the rows of its own block.
type blocks struct {
	rows  []Row
	size  int
	given int
}

func (b *blocks) deal(d *drawer) (Row, error) {
	if d.block == 0 {
		if (b.given+1)*b.size > len(b.rows) {
			return Row{}, &outError{len(b.rows), fmt.Sprintf("all blocks of %s (%d) are other users'", plural(b.size, "row"), b.given)}
		}
		b.given++
		d.block = b.given
	}
	if d.used == b.size {
		return Row{}, &outError{len(b.rows), fmt.Sprintf("it has used all rows of its block (%d)", b.size)}
	}
	d.used++
	return b.rows[(d.block-1)*b.size+d.used-1], nil
}

func (b *blocks) again(d *drawer) error {
	d.used = 0
	return nil
}
