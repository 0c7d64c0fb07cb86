package barrier_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// BenchmarkGeneration measures a whole meeting: all come, wait, and are released.
func BenchmarkGeneration(b *testing.B) {
	for _, parties := range []int{2, 8, 64} {
		b.Run(fmt.Sprint(parties, " parties"), func(b *testing.B) {
			o := barrier.Options{Timeout: time.Minute, Cyclic: true}
			for i := range parties {
				o.Parties = append(o.Parties, fmt.Sprint("party ", i))
			}
			meeting, err := barrier.New("meeting", o)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var all sync.WaitGroup
			for _, party := range o.Parties {
				all.Go(func() {
					for range b.N {
						if _, err := meeting.Wait(b.Context(), party); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func BenchmarkState(b *testing.B) {
	meeting, err := barrier.New("meeting", barrier.Options{Parties: []string{"owner", "colleague", "auditor"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		meeting.State()
	}
}
