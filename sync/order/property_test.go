package order_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/order"
)

// drawing is a graph as plain data, from which both the graph under test and the brute force are made.
type drawing struct {
	lanes []string
	edges []order.Edge
}

func (d drawing) graph() *order.Graph {
	var g order.Graph
	for i, lane := range d.lanes {
		g.Add(fmt.Sprint("n", i), lane)
	}
	for _, e := range d.edges {
		if e.Kind == order.Requires {
			g.Requires(e.Node, e.On)
		} else {
			g.After(e.Node, e.On)
		}
	}
	return &g
}

// merged is what is to become of the declared edges: the strongest of each pair.
func (d drawing) merged() map[[2]order.Node]order.Kind {
	kinds := make(map[[2]order.Node]order.Kind)
	for _, e := range d.edges {
		pair := [2]order.Node{e.Node, e.On}
		if kinds[pair] != order.Requires {
			kinds[pair] = e.Kind
		}
	}
	return kinds
}

var kinds = rapid.SampledFrom([]order.Kind{order.Requires, order.After})

// size draws evenly among sizes: left to itself, rapid draws next to nothing but graphs of four nodes.
func size(t *rapid.T, label string, sizes ...int) int { return rapid.SampledFrom(sizes).Draw(t, label) }

func drawLanes(t *rapid.T) []string {
	nodes := size(t, "nodes", 0, 1, 2, 3, 5, 8, 13, 21, 34)
	return rapid.SliceOfN(rapid.SampledFrom([]string{"", "x", "y", "z"}), nodes, nodes).Draw(t, "lanes")
}

// drawEdges draws from a few edges to three for each node.
func drawEdges(t *rapid.T, nodes int, edge func(*rapid.T) order.Edge) []order.Edge {
	edges := size(t, "edges for 4 nodes", 1, 2, 4, 8, 12) * nodes / 4
	return rapid.SliceOfN(rapid.Custom(edge), edges, edges).Draw(t, "edges")
}

// drawGraph draws any graph, most of which have cycles.
func drawGraph(t *rapid.T) drawing {
	d := drawing{lanes: drawLanes(t)}
	if len(d.lanes) > 0 {
		node := rapid.Map(rapid.IntRange(0, len(d.lanes)-1), func(i int) order.Node { return order.Node(i) })
		d.edges = drawEdges(t, len(d.lanes), func(t *rapid.T) order.Edge {
			return order.Edge{Node: node.Draw(t, "node"), On: node.Draw(t, "on"), Kind: kinds.Draw(t, "kind")}
		})
	}
	return d
}

// drawDAG draws a graph without cycles: all edges point back in a permutation, which is forgotten.
func drawDAG(t *rapid.T) drawing {
	d := drawing{lanes: drawLanes(t)}
	hidden := make([]int, len(d.lanes))
	for i := range hidden {
		hidden[i] = i
	}
	hidden = rapid.Permutation(hidden).Draw(t, "hidden")
	if len(hidden) > 1 {
		d.edges = drawEdges(t, len(hidden), func(t *rapid.T) order.Edge {
			later := rapid.IntRange(1, len(hidden)-1).Draw(t, "later")
			earlier := rapid.IntRange(0, later-1).Draw(t, "earlier")
			return order.Edge{Node: order.Node(hidden[later]), On: order.Node(hidden[earlier]), Kind: kinds.Draw(t, "kind")}
		})
	}
	return d
}

// distances is Floyd and Warshall's: how many edges from a node to another, 0 for no way.
func distances(nodes int, pairs [][2]order.Node) [][]int {
	far := make([][]int, nodes)
	for i := range far {
		far[i] = make([]int, nodes)
	}
	for _, p := range pairs {
		far[p[0]][p[1]] = 1
	}
	for via := range nodes {
		for a := range nodes {
			for b := range nodes {
				if far[a][via] > 0 && far[via][b] > 0 {
					if way := far[a][via] + far[via][b]; far[a][b] == 0 || way < far[a][b] {
						far[a][b] = way
					}
				}
			}
		}
	}
	return far
}

// smallestOrder takes, again and again, the first declared node all of whose edges lead to nodes taken before.
func smallestOrder(nodes int, pairs [][2]order.Node) []order.Node {
	var sorted []order.Node
	for len(sorted) < nodes {
		for n := range order.Node(nodes) {
			waits := slices.ContainsFunc(pairs, func(p [2]order.Node) bool { return p[0] == n && !slices.Contains(sorted, p[1]) })
			if !waits && !slices.Contains(sorted, n) {
				sorted = append(sorted, n)
				break
			}
		}
	}
	return sorted
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkPlan proves everything that is promised of a plan, by brute force.
func checkPlan(t failer, d drawing, p *order.Plan) {
	t.Helper()
	declared := d.merged()
	sorted := p.Order()
	if want := smallestOrder(len(d.lanes), slices.Collect(maps.Keys(declared))); !slices.Equal(sorted, want) {
		t.Fatalf("order %v, want %v", sorted, want)
	}
	place := make([]int, len(sorted))
	for i, n := range sorted {
		place[n] = i
	}
	var all [][2]order.Node
	for n := range order.Node(len(d.lanes)) {
		edges := p.Dependencies(n)
		if !slices.IsSortedFunc(edges, func(a, b order.Edge) int { return cmp.Compare(a.On, b.On) }) {
			t.Fatalf("edges of %d not by declaration: %v", n, edges)
		}
		for _, e := range edges {
			pair := [2]order.Node{e.Node, e.On}
			kind, isDeclared := declared[pair]
			switch {
			case e.Node != n:
				t.Fatalf("edge %v among those of %d", e, n)
			case slices.Contains(all, pair):
				t.Fatalf("two edges %v", e)
			case isDeclared && e.Kind != kind, !isDeclared && e.Kind != order.Lane:
				t.Fatalf("edge %v, declared %v as %v", e, isDeclared, kind)
			case e.Kind == order.Lane && (d.lanes[e.Node] == "" || d.lanes[e.Node] != d.lanes[e.On]):
				t.Fatalf("lane edge %v between lanes %q and %q", e, d.lanes[e.Node], d.lanes[e.On])
			case place[e.Node] <= place[e.On]:
				t.Fatalf("edge %v against the order %v", e, sorted)
			}
			all = append(all, pair)
		}
	}
	for pair := range declared {
		if !slices.Contains(all, pair) {
			t.Fatalf("declared edge %v lost", pair)
		}
	}
	// With the lanes the order is still the smallest one, so an executor that goes by the edges alone agrees with it.
	if want := smallestOrder(len(d.lanes), all); !slices.Equal(sorted, want) {
		t.Fatalf("with lanes: order %v, want %v", sorted, want)
	}
	far := distances(len(d.lanes), all)
	for a := range order.Node(len(d.lanes)) {
		for b := range order.Node(len(d.lanes)) {
			if p.Before(a, b) != (far[b][a] > 0) {
				t.Fatalf("Before(%d, %d) = %v", a, b, p.Before(a, b))
			}
			if a != b && d.lanes[a] != "" && d.lanes[a] == d.lanes[b] && p.Before(a, b) == p.Before(b, a) {
				t.Fatalf("%d and %d of lane %q are not ordered", a, b, d.lanes[a])
			}
		}
	}
}

// checkCycle proves that the error tells of a circle that was declared, and of a shortest through its first node.
func checkCycle(t failer, d drawing, err error) {
	t.Helper()
	cycle, ok := errors.AsType[*order.CycleError](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	declared := d.merged()
	var nodes []order.Node
	for i, e := range cycle.Edges {
		if declared[[2]order.Node{e.Node, e.On}] != e.Kind {
			t.Fatalf("edge %v was not declared", e)
		}
		if next := cycle.Edges[(i+1)%len(cycle.Edges)]; e.On != next.Node {
			t.Fatalf("no circle: %v", cycle.Edges)
		}
		if want := fmt.Sprintf("n%d %s n%d", e.Node, e.Kind, e.On); cycle.Path[i] != want {
			t.Fatalf("path %q for edge %v", cycle.Path[i], e)
		}
		nodes = append(nodes, e.Node)
	}
	first := nodes[0]
	if slices.Min(nodes) != first {
		t.Fatalf("does not begin at the first declared: %v", nodes)
	}
	shortest := distances(len(d.lanes), slices.Collect(maps.Keys(declared)))[first][first]
	if len(nodes) != shortest || len(cycle.Path) != shortest {
		t.Fatalf("a circle of %d, the shortest has %d", len(nodes), shortest)
	}
}

func TestPropertyPlanOfDAG(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDAG(t)
		p, err := d.graph().Plan()
		if err != nil {
			t.Fatalf("no cycle was drawn: %v", err)
		}
		checkPlan(t, d, p)
	})
}

func TestPropertyCyclesAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		check(t, drawGraph(t))
	})
}

// check plans any graph, and compares with brute force whether it has a cycle.
func check(t failer, d drawing) {
	t.Helper()
	p, err := d.graph().Plan()
	far := distances(len(d.lanes), slices.Collect(maps.Keys(d.merged())))
	cyclic := false
	for n := range far {
		cyclic = cyclic || far[n][n] > 0
	}
	if cyclic {
		checkCycle(t, d, err)
		return
	}
	if err != nil {
		t.Fatalf("there is no cycle: %v", err)
	}
	checkPlan(t, d, p)
}

// FuzzPlan reads a graph out of bytes: the number of nodes, a lane for each, and three bytes for each edge.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Add([]byte{3, 1, 1, 2, 0, 1, 0, 1, 2, 1})
	f.Add([]byte{3, 0, 1, 1, 0, 1, 0, 1, 2, 1, 2, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d drawing
		if len(data) > 0 {
			nodes := min(int(data[0])%16, len(data)-1)
			for _, lane := range data[1 : 1+nodes] {
				d.lanes = append(d.lanes, []string{"", "x", "y"}[lane%3])
			}
			for rest := data[1+nodes:]; len(rest) >= 3 && nodes > 0; rest = rest[3:] {
				d.edges = append(d.edges, order.Edge{
					Node: order.Node(int(rest[0]) % nodes),
					On:   order.Node(int(rest[1]) % nodes),
					Kind: order.Requires + order.Kind(rest[2]%2),
				})
			}
		}
		check(t, d)
	})
}
