package browser

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

func TestQueueKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[int]
		var pushed, got []int
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				q.Push(len(pushed))
				pushed = append(pushed, len(pushed))
			},
			"take": func(*rapid.T) { got = append(got, q.Take()...) },
			"": func(t *rapid.T) {
				if q.Len() != len(pushed)-len(got) {
					t.Fatalf("%d wait, pushed %d, got %d", q.Len(), len(pushed), len(got))
				}
			},
		})
		got = append(got, q.Take()...)
		if !slices.Equal(got, pushed) {
			t.Fatalf("got %v, want %v", got, pushed)
		}
	})
}

func TestQueueWithManyProducers(t *testing.T) {
	const producers, each = 8, 500
	var q Queue[[2]int]
	var producing sync.WaitGroup
	for p := range producers {
		producing.Go(func() {
			for i := range each {
				q.Push([2]int{p, i})
			}
		})
	}
	go func() { producing.Wait(); q.Close() }()
	next := [producers]int{}
	for {
		items, ok := q.Next(t.Context())
		if !ok {
			break
		}
		for _, item := range items {
			if item[1] != next[item[0]] {
				t.Fatalf("producer %d: got %d, want %d", item[0], item[1], next[item[0]])
			}
			next[item[0]]++
		}
	}
	for p, n := range next {
		if n != each {
			t.Errorf("producer %d: %d of %d came", p, n, each)
		}
	}
}

func TestQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue[string]
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan bool, 1)
		go func() { _, ok := q.Next(ctx); ended <- ok }()
		synctest.Wait() // it waits now
		cancel()
		if <-ended {
			t.Error("Next went on when its context ended")
		}
		q.Push("last")
		q.Close()
		q.Push("too late")
		if items, ok := q.Next(t.Context()); !ok || !slices.Equal(items, []string{"last"}) {
			t.Errorf("after Close: %v, %v", items, ok)
		}
		if items, ok := q.Next(t.Context()); ok || items != nil {
			t.Errorf("at the end: %v, %v", items, ok)
		}
	})
}

func TestQueueWakesItsConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue[int]
		got := make(chan int)
		go func() {
			for q.Ready(t.Context()) {
				for _, v := range q.Take() {
					got <- v
				}
			}
			close(got)
		}()
		for i := range 3 {
			synctest.Wait()
			q.Push(i)
			if v := <-got; v != i {
				t.Errorf("got %d, want %d", v, i)
			}
		}
		q.Close()
		if _, open := <-got; open {
			t.Error("the consumer goes on after Close")
		}
	})
}
