package zoo_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// player runs an app without a network: its points are named as the harness names them, and an execution takes microseconds. What is said
// of all orders of an app can be held against all of them.
type player struct {
	app  zoo.App
	site *zoo.Site
}

func newPlayer(app zoo.App, o zoo.Options) *player { return &player{app, app.Open(o)} }

// execute is a schedule.Execute.
func (p *player) execute(ctx context.Context, c schedule.Chooser) (o schedule.Outcome, err error) {
	const world = "1"
	p.site.Drop(world)
	visits, counts := make([]*zoo.Visit, len(p.app.Sessions)), map[schedule.Point]int{}
	for i, s := range p.app.Sessions {
		visits[i] = s.Visit()
	}
	for {
		pending, from := p.pending(visits, counts)
		if len(pending) == 0 {
			if violations := p.site.Violations(world); len(violations) > 0 {
				o.Failure = errors.New(strings.Join(violations, "; "))
			}
			return o, nil
		}
		i, err := c.Choose(pending)
		if err != nil {
			return o, err
		}
		key := pending[i].Point
		key.Nth = 0
		counts[key]++
		visit := visits[from[i]]
		r, _ := visit.Next()
		sent := httptest.NewRequestWithContext(ctx, r.Method, zoo.At(world, r.Path), bytes.NewReader(r.JSON()))
		answer := httptest.NewRecorder()
		p.site.ServeHTTP(answer, sent)
		if err := visit.Answer(answer.Code, answer.Body.Bytes()); err != nil {
			return o, err
		}
	}
}

// pending are the points at which the sessions are, and whose they are.
func (p *player) pending(visits []*zoo.Visit, counts map[schedule.Point]int) (pending []schedule.Pending, from []int) {
	for i, v := range visits {
		r, more := v.Next()
		if !more {
			continue
		}
		path, _, _ := strings.Cut(r.Path, "?")
		point := schedule.Point{Session: p.app.Sessions[i].Name, What: r.Method + " /w/{id}" + path}
		point.Nth = counts[point] + 1
		pending, from = append(pending, schedule.Pending{Point: point, Safe: r.Method == "GET"}), append(from, i)
	}
	return pending, from
}

// execution is one order of an app, and whether it is broken.
type execution struct {
	order  schedule.Schedule
	broken bool
}

// all are the executions of each order.
func (p *player) all(ctx context.Context) (all []execution, err error) {
	_, err = schedule.Explore(ctx, schedule.Exhaustive(schedule.Nothing), schedule.Budget{Failures: -1}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		recorder := schedule.Record(c)
		o, err := p.execute(ctx, recorder)
		if err == nil {
			all = append(all, execution{recorder.Trace().Schedule(), o.Failure != nil})
		}
		return o, err
	})
	return all, err
}

// obeys tells whether a chooser that obeys the constraints could have made the order.
func obeys(order schedule.Schedule, constraints []schedule.Constraint) bool {
	return !slices.ContainsFunc(constraints, func(c schedule.Constraint) bool {
		return slices.Contains(order, c.Then) && !c.Holds(order)
	})
}
