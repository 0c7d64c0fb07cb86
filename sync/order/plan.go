package order

import (
	"cmp"
	"fmt"
	"slices"
)

// Plan is a graph that was found valid. It never changes and is safe for concurrent use. It is made by [Graph.Plan]; the
// zero value is a plan of no nodes. Its memory grows with the square of the number of nodes, at one bit for each pair:
// 2,000 nodes take half a megabyte.
type Plan struct {
	nodes  []node
	order  []Node
	deps   [][]Edge
	before []uint64 // row b, bit a: a always ends before b starts
}

// Len returns the number of nodes.
func (p *Plan) Len() int { return len(p.nodes) }

// Name returns the name that n was declared with.
func (p *Plan) Name(n Node) string { return p.nodes[p.checked(n)].name }

// Lane returns the lane that n was declared with; "" is none.
func (p *Plan) Lane(n Node) string { return p.nodes[p.checked(n)].lane }

// Order returns all nodes, each after those that it depends on. Where several could be next, the one declared first is.
// The slice belongs to the caller.
func (p *Plan) Order() []Node { return slices.Clone(p.order) }

// Dependencies returns the edges from n to the nodes that it comes directly after, by declaration of those nodes, with
// one edge for each: Requires outranks After, and either outranks the derived Lane. The slice belongs to the caller.
func (p *Plan) Dependencies(n Node) []Edge { return slices.Clone(p.deps[p.checked(n)]) }

// Before reports whether a always ends before b starts, be it directly, by way of other nodes, or through lanes. No node
// is before itself. Two different nodes that are not before each other either way may run at the same time.
func (p *Plan) Before(a, b Node) bool {
	p.checked(a)
	p.checked(b)
	return p.row(b)[a/64]&(1<<(a%64)) != 0
}

// checked panics for a node that p does not have: a bit set would otherwise answer for some of them.
func (p *Plan) checked(n Node) Node {
	if n < 0 || int(n) >= len(p.nodes) {
		panic(fmt.Sprintf("order: the plan of %d nodes has no node #%d", len(p.nodes), n))
	}
	return n
}

// linkLanes adds the derived edges: from each node to the one before it in its lane, unless an edge is there already.
func (p *Plan) linkLanes() {
	last := make(map[string]Node)
	for _, n := range p.order {
		lane := p.nodes[n].lane
		if lane == "" {
			continue
		}
		if previous, ok := last[lane]; ok {
			p.link(Edge{n, previous, Lane})
		}
		last[lane] = n
	}
}

func (p *Plan) link(e Edge) {
	deps := p.deps[e.Node]
	at, declared := slices.BinarySearchFunc(deps, e.On, func(d Edge, on Node) int { return cmp.Compare(d.On, on) })
	if !declared {
		p.deps[e.Node] = slices.Insert(deps, at, e)
	}
}

// closeOver fills in who is before whom. What is before a node is complete when the order comes to it, so that one pass
// is enough.
func (p *Plan) closeOver() {
	p.before = make([]uint64, len(p.nodes)*p.words())
	for _, n := range p.order {
		row := p.row(n)
		for _, e := range p.deps[n] {
			for i, word := range p.row(e.On) {
				row[i] |= word
			}
			row[e.On/64] |= 1 << (e.On % 64)
		}
	}
}

func (p *Plan) words() int { return (len(p.nodes) + 63) / 64 }

func (p *Plan) row(n Node) []uint64 { return p.before[int(n)*p.words():][:p.words()] }
