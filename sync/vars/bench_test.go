package vars_test

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/seed49090845/lockstep/sync/vars"
)

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("COUNTER ", i)
	}
	return all
}

// BenchmarkDelta counts under 1,000 names, or one, on all processors.
func BenchmarkDelta(b *testing.B) {
	for _, count := range []int{1_000, 1} {
		b.Run(fmt.Sprint(count, " names"), func(b *testing.B) {
			store, err := vars.New(vars.Options{})
			if err != nil {
				b.Fatal(err)
			}
			names, ctx := names(count), b.Context()
			var goroutines atomic.Uint64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				random := rand.New(rand.NewPCG(goroutines.Add(1), 0))
				for pb.Next() {
					if _, err := store.Delta(ctx, names[random.IntN(count)], 1); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

func BenchmarkKeyDelta(b *testing.B) {
	store, _ := vars.New(vars.Options{})
	names := names(1_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := store.KeyDelta(b.Context(), "COUNTERS", names[i%1_000], 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPushPop(b *testing.B) {
	store, _ := vars.New(vars.Options{})
	b.ReportAllocs()
	for b.Loop() {
		_, _ = store.Push(b.Context(), "QUEUE", "x")
		_, _ = store.Pop(b.Context(), "QUEUE")
	}
}

func BenchmarkSnapshot(b *testing.B) {
	store, _ := vars.New(vars.Options{})
	for _, name := range names(1_000) {
		_, _ = store.Set(b.Context(), name, 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Snapshot(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
