package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed sweep.html
var sweepText string

var sweepPage = newPage("sweep", sweepText)

// HTML writes the sweep as one page that needs nothing beside it.
func (s *Sweep) HTML(w io.Writer) error { return sweepPage.Execute(w, s) }

// Began is when the first level did; nil if none did.
func (s *Sweep) Began() *time.Time {
	if s.started.IsZero() {
		return nil
	}
	return &s.started
}

// Passed tells whether all levels did.
func (s *Sweep) Passed() bool {
	return !slices.ContainsFunc(s.Levels, func(l Level) bool { return !l.Passed })
}

// Longest is the longest execution, in milliseconds.
func (s *Sweep) Longest() float64 {
	longest := 0.0
	for _, l := range s.Levels {
		for _, e := range l.Executions {
			longest = max(longest, e.TookMS)
		}
	}
	return longest
}

// Users64 is the number of users.
func (l *Level) Users64() int64 { return int64(l.Pool) }

// byUsers are the levels in the order of users.
func (s *Sweep) byUsers() []Level {
	return slices.SortedStableFunc(slices.Values(s.Levels), func(a, b Level) int { return cmp.Compare(a.Pool, b.Pool) })
}

// closest is how near to each other numbers of users are written below a plot.
const closest = 30

// usersAxis is logarithmic where the most users are many times the fewest. It has a mark for each level.
func usersAxis(levels []Level) axis {
	fewest, most := float64(levels[0].Pool), float64(levels[len(levels)-1].Pool)
	a := axis{high: most, from: left, to: right - 14}
	if most > manyTimes*fewest {
		a = axis{low: fewest, high: most, from: left + 14, to: right - 14, log: true}
	}
	for _, l := range levels {
		if users := float64(l.Pool); len(a.marks) == 0 || a.at(users)-a.at(a.marks[len(a.marks)-1]) >= closest {
			a.marks = append(a.marks, users)
		}
	}
	return a
}

// TimesChart is percentiles of the response times over users.
func (s *Sweep) TimesChart() template.HTML {
	var half, most, nearly, longest []point
	low, high := 0.0, 0.0
	levels := slices.DeleteFunc(s.byUsers(), func(l Level) bool { return l.Response.Actual.P50 == nil })
	if len(levels) == 0 {
		return "no request ended"
	}
	for _, l := range levels {
		users, times := float64(l.Pool), l.Response.Actual
		half = append(half, point{users, *times.P50})
		most = append(most, point{users, *times.P95})
		nearly = append(nearly, point{users, *times.P99})
		longest = append(longest, point{users, *times.Max})
		if low == 0 || *times.P50 < low {
			low = *times.P50
		}
		high = max(high, *times.Max)
	}
	y := linear(high)
	if high > manyTimes*low {
		y = logarithmic(low/1.2, high)
	}
	p := newPlot(usersAxis(levels), y, amount, tickTime)
	p.area("upper", most, nearly)
	p.area("lower", half, most)
	p.curve("max", longest)
	p.curve("p99", nearly)
	p.curve("p95", most)
	p.curve("p50", half)
	for i, l := range levels {
		times := l.Response.Actual
		p.dot("point", half[i], fmt.Sprintf("%s users: p50 %s, p95 %s, p99 %s, max %s", count(l.Users64()), ms(times.P50), ms(times.P95), ms(times.P99), ms(times.Max)))
	}
	return p.svg()
}

// RateChart is requests per second over users.
func (s *Sweep) RateChart() template.HTML {
	levels, most := s.byUsers(), 0.0
	var points []point
	for _, l := range levels {
		points = append(points, point{float64(l.Pool), l.RPS})
		most = max(most, l.RPS)
	}
	p := newPlot(usersAxis(levels), linear(most), amount, amount)
	p.curve("p50", points)
	for i, l := range levels {
		class := "point"
		if l.Requests.KO > 0 {
			class = "point bad"
		}
		p.dot(class, points[i], fmt.Sprintf("%s users: %s requests per second, %s of %s failed", count(l.Users64()), rate(l.RPS), count(l.Requests.KO), count(l.Requests.Total)))
	}
	return p.svg()
}

// The small plot of a level.
const smallWidth, smallHeight, smallColumns = 190, 40, 95

// Chart draws the executions of the level, whatever their number, in as many lines as there is room for. The longest of
// all levels is as high as the plot.
func (l *Level) Chart(longest float64) template.HTML {
	type column struct {
		low, high float64
		bad       bool
	}
	columns := make([]column, smallColumns)
	for _, e := range l.Executions {
		i := min(max(int(e.StartMS/max(l.TookMS, 1e-3)*smallColumns), 0), smallColumns-1)
		c := &columns[i]
		if c.high == 0 || e.TookMS < c.low {
			c.low = e.TookMS
		}
		c.high, c.bad = max(c.high, e.TookMS), c.bad || e.Error != ""
	}
	y := axis{high: max(longest, 1e-3), from: smallHeight - 2, to: 2}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="small" viewBox="0 0 %d %d" role="img"><title>%s executions</title><line class="base" x1="0" x2="%d" y1="%.1f" y2="%.1f"/>`,
		smallWidth, smallHeight, count(int64(len(l.Executions))), smallWidth, y.from, y.from)
	for i, c := range columns {
		if c.high == 0 {
			continue
		}
		class := ""
		if c.bad {
			class = ` class="bad"`
		}
		x := (float64(i) + 0.5) * smallWidth / smallColumns
		fmt.Fprintf(&b, `<line%s x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, class, x, x, y.at(c.low), y.at(c.high)-0.1) // a point has a length too
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // numbers of ours
}

// SweepFailure is a message of executions.
type SweepFailure struct {
	Pool, Count int
	Message     string
}

// mostFailures are shown of a level.
const mostFailures = 5

// Failures are the most frequent messages of each level, without the names of users.
func (s *Sweep) Failures() (list []SweepFailure) {
	for _, l := range s.Levels {
		counts := map[string]int{}
		for _, e := range l.Executions {
			if e.Error != "" {
				counts[strings.ReplaceAll(e.Error, e.User+": ", "")]++
			}
		}
		var own []SweepFailure
		for message, n := range counts {
			own = append(own, SweepFailure{l.Pool, n, message})
		}
		slices.SortFunc(own, func(a, b SweepFailure) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Message, b.Message)) })
		list = append(list, own[:min(len(own), mostFailures)]...)
	}
	return list
}
