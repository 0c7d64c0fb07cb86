package data

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
)

// supply gives rows one after the other, and then io.EOF. It can begin again.
type supply interface {
	next() (Row, error)
	again() error
	close() error
}

// listed supplies rows in memory, in an order that may be drawn anew each time it begins.
type listed struct {
	rows  []Row
	at    int
	order []int32 // nil: that of the rows
	deal  func() []int32
}

func (l *listed) next() (Row, error) {
	if l.at == len(l.rows) {
		return Row{}, io.EOF
	}
	i := l.at
	l.at++
	if l.deal == nil {
		return l.rows[i], nil
	}
	if l.order == nil {
		l.order = l.deal()
	}
	return l.rows[l.order[i]], nil
}

func (l *listed) again() error {
	l.at, l.order = 0, nil
	return nil
}

func (l *listed) close() error { return nil }

// permutations draws one after the other.
func permutations(n int, random *rand.Rand) func() []int32 {
	return func() []int32 {
		order := make([]int32, n)
		for i := range order {
			order[i] = int32(i)
		}
		random.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		return order
	}
}

// stream supplies rows as it reads them.
type stream struct {
	source Source
	reader Reader // nil: it begins with the next row
	origin *origin
	number int
	err    error // once reading failed, no row can be had
}

func (s *stream) next() (Row, error) {
	if s.err != nil {
		return Row{}, s.err
	}
	if s.reader == nil {
		if s.err = s.open(); s.err != nil {
			return Row{}, s.err
		}
	}
	values, line, err := s.reader.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		return Row{}, err
	}
	s.number++
	return Row{Number: s.number, origin: s.origin, line: line, values: values}, nil
}

func (s *stream) open() error {
	reader, err := s.source.Open()
	if err != nil {
		return err
	}
	s.reader, s.number = reader, 0
	s.origin = newOrigin(s.source, reader.Columns())
	return nil
}

func (s *stream) again() error { return s.close() }

func (s *stream) close() error {
	if s.reader == nil {
		return nil
	}
	err := s.reader.Close()
	s.reader = nil
	return err
}

// errFull says that the rows do not fit into memory.
var errFull = errors.New("the rows do not fit")

// load reads all rows, or returns errFull.
func load(source Source, memory int64) (rows []Row, columns []string, err error) {
	if s, ok := source.(sized); ok {
		if size, err := s.Size(); err == nil && size > memory {
			return nil, nil, errFull
		}
	}
	s := &stream{source: source}
	defer func() { err = errors.Join(err, s.close()) }()
	for taken := int64(0); ; {
		row, err := s.next()
		if errors.Is(err, io.EOF) {
			return rows, s.origin.columns, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if taken += row.weight(); taken > memory {
			return nil, nil, errFull
		}
		rows = append(rows, row)
	}
}

// count reads a source until it has that many rows, or has no more.
func count(source Source, enough int) (n int, err error) {
	reader, err := source.Open()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for n < enough {
		if _, _, err := reader.Read(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, fmt.Errorf("counting rows: %w", err)
		}
		n++
	}
	return n, nil
}
