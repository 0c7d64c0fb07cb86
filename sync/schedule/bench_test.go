package schedule_test

import (
	"context"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// BenchmarkSearch measures the search itself, on models in memory, in points a second.
func BenchmarkSearch(b *testing.B) {
	lost := []model.Session{session("owner", steps(rx, wx, ry)), session("colleague", steps(rx, wx, ry))}
	three := []model.Session{session("a", steps(rx, wx, ry, wy)), session("b", steps(rx, wx, ry)), session("c", steps(ry, wy, rx))}
	for _, c := range []struct {
		name     string
		sessions []model.Session
		strategy func(*model.Model) schedule.Strategy
	}{
		{"exhaustive, 2 sessions of 3", lost, func(m *model.Model) schedule.Strategy { return schedule.Exhaustive(schedule.Nothing) }},
		{"reduced, 2 sessions of 3", lost, func(m *model.Model) schedule.Strategy { return schedule.Exhaustive(m.Independent) }},
		{"exhaustive, 3 sessions, 10 points", three, func(m *model.Model) schedule.Strategy { return schedule.Exhaustive(schedule.Nothing) }},
		{"reduced, 3 sessions, 10 points", three, func(m *model.Model) schedule.Strategy { return schedule.Exhaustive(m.Independent) }},
		{"PCT of depth 3, 3 sessions, 10 points", three, func(m *model.Model) schedule.Strategy { return schedule.PCT(3, 1) }},
		{"POS, 3 sessions, 10 points", three, func(m *model.Model) schedule.Strategy { return schedule.POS(1, m.Independent) }},
		{"random, 3 sessions, 10 points", three, func(m *model.Model) schedule.Strategy { return schedule.Random(1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := modelOf(b, c.sessions)
			b.ReportAllocs()
			points := 0
			for b.Loop() {
				r, err := schedule.Explore(b.Context(), c.strategy(m), schedule.Budget{Schedules: 1000}, m.Execute)
				if err != nil {
					b.Fatal(err)
				}
				points += r.Points
			}
			b.ReportMetric(float64(points)/b.Elapsed().Seconds(), "points/s")
		})
	}
}

// BenchmarkRelease measures what a point costs under a scheduler, with sessions in goroutines that do nothing between points.
func BenchmarkRelease(b *testing.B) {
	const points = 100
	walker := func(ctx context.Context, s *schedule.Session) {
		body := s.Start(nil)
		defer body.End()
		for range points {
			if body.Arrive(ctx, "GET /", true) != nil {
				return
			}
		}
	}
	execute := live(map[string]func(context.Context, *schedule.Session){"a": walker, "b": walker})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := execute(b.Context(), schedule.Uniform(1, 0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(2*points*b.N), "µs/point")
}
