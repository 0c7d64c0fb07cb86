package assert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Assertion is one promise about a run. It is made by Parse.
type Assertion struct {
	scope  scope
	name   string // of the scope
	figure figure
	op     operator
	bound  bound
	abort  bool
	delay  time.Duration // before which nothing is aborted
}

// scope is what an assertion is about.
type scope uint8

const (
	overall  scope = iota // all requests
	request               // those of a name
	group                 // those of a group and the groups within it
	scenario              // those of a scenario
	each                  // every request name by itself
	lateness              // the generator's own
)

var scopes = map[string]scope{"request": request, "group": group, "scenario": scenario, "each": each, "lateness": lateness}

// figure is what is compared.
type figure struct {
	kind       kind
	percentile float64 // of a percentile
	actual     bool    // from the actual start, not from the intended one
	part       part
}

type kind uint8

const (
	minimum kind = iota
	maximum
	mean
	deviation
	percentile
	count  // of all requests that ended
	passed // of those that were OK
	failed // of the others
	rate   // of all, per second
)

var kinds = map[string]kind{
	"min": minimum, "max": maximum, "mean": mean, "stddev": deviation, "count": count, "ok": passed, "errors": failed, "rps": rate,
}

func (k kind) isTime() bool { return k <= percentile }

// part is the requests whose times are taken.
type part uint8

const (
	all part = iota
	onlyOK
	onlyKO
)

type operator uint8

const (
	less operator = iota
	atMost
	equal
	unequal
	atLeast
	more
)

var operators = []string{"<", "<=", "=", "!=", ">=", ">"}

func (o operator) holds(comparison int) bool {
	switch o {
	case less:
		return comparison < 0
	case atMost:
		return comparison <= 0
	case equal:
		return comparison == 0
	case unequal:
		return comparison != 0
	case atLeast:
		return comparison >= 0
	default:
		return comparison > 0
	}
}

// bound is what a figure is compared with.
type bound struct {
	unit  unit
	value float64 // nanoseconds, a number, percent, or a number per second
}

type unit uint8

const (
	duration unit = iota
	number
	percent
	perSecond
)

func (b bound) String() string {
	plain := strconv.FormatFloat(b.value, 'f', -1, 64)
	switch b.unit {
	case duration:
		return time.Duration(b.value).String()
	case percent:
		return plain + "%"
	case perSecond:
		return plain + "/s"
	}
	return plain
}

// String is the assertion in a form that Parse understands.
func (a Assertion) String() string {
	var b strings.Builder
	switch a.scope {
	case request:
		fmt.Fprintf(&b, "%s ", strconv.Quote(a.name))
	case group, scenario:
		fmt.Fprintf(&b, "%s %s ", nameOf(scopes, a.scope), strconv.Quote(a.name))
	case each:
		b.WriteString("each: ")
	case lateness:
		b.WriteString("lateness ")
	case overall:
	}
	fmt.Fprintf(&b, "%v %s %v", a.figure, operators[a.op], a.bound)
	if a.abort {
		b.WriteString(" abort")
	}
	if a.delay > 0 {
		fmt.Fprintf(&b, " after %v", a.delay)
	}
	return b.String()
}

func (f figure) String() string {
	text := nameOf(kinds, f.kind)
	if f.kind == percentile {
		text = "p" + strconv.FormatFloat(f.percentile, 'f', -1, 64)
	}
	switch f.part {
	case onlyOK:
		text += ".ok"
	case onlyKO:
		text += ".ko"
	case all:
	}
	if f.actual {
		text += ".actual"
	}
	return text
}

func nameOf[T comparable](names map[string]T, value T) string {
	for name, v := range names {
		if v == value {
			return name
		}
	}
	return ""
}
