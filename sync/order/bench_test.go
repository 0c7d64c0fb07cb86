package order_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed49090845/lockstep/sync/order"
)

// large is a graph of 2,000 nodes, 10,000 edges and 8 lanes, the same every time.
func large() *order.Graph {
	const nodes, edges, lanes = 2_000, 10_000, 8
	var g order.Graph
	random := rand.New(rand.NewPCG(1, 2))
	for i := range nodes {
		g.Add(fmt.Sprint("step ", i), fmt.Sprint("session ", i%lanes))
	}
	for range edges {
		later := 1 + random.IntN(nodes-1)
		g.Requires(order.Node(later), order.Node(random.IntN(later)))
	}
	return &g
}

func BenchmarkPlan(b *testing.B) {
	g := large()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Plan(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlanOfCycle(b *testing.B) {
	g := large()
	for n := range order.Node(1_999) {
		g.After(n+1, n)
	}
	g.Requires(0, 1_999)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Plan(); err == nil {
			b.Fatal("no cycle")
		}
	}
}

func BenchmarkBefore(b *testing.B) {
	p, err := large().Plan()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.Before(17, 1_900)
	}
}
