package order

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ErrUnknownNode is wrapped by the errors of [Graph.Plan] about an edge from or to a node that the graph does not have.
var ErrUnknownNode = errors.New("unknown node")

// Node is a handle of something to be ordered. Handles are dense and go up from 0 in the order of declaration. A
// handle is of use only with the graph that gave it, and with the plans of that graph; a handle of another graph is
// told from one's own only when it is too great.
type Node int

// Kind says what one node wants of another. The zero Kind is none of them.
type Kind uint8

const (
	// Requires is order and gate: the node runs after the other, and only if the other passed.
	Requires Kind = iota + 1
	// After is order only: the node runs after the other, whatever became of it.
	After
	// Lane is order only, and derived: the two are in one lane, where one runs at a time.
	Lane
)

// String is the verb of the kind, as it is in a sentence between two names.
func (k Kind) String() string {
	switch k {
	case Requires:
		return "requires"
	case After:
		return "comes after"
	case Lane:
		return "is in one lane after"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Edge says that Node comes after On.
type Edge struct {
	Node Node
	On   Node
	Kind Kind
}

// Graph collects nodes and edges. The zero value is an empty graph, ready for use. Nothing is checked before
// [Graph.Plan].
type Graph struct {
	nodes []node
	edges []Edge
}

type node struct{ name, lane string }

// Add declares a node and returns its handle. The name is for people: it may be empty, and several nodes may have the
// same one (messages then add the number of the node). Nodes of one lane never overlap; "" is no lane.
func (g *Graph) Add(name, lane string) Node {
	g.nodes = append(g.nodes, node{name, lane})
	return Node(len(g.nodes) - 1)
}

// Requires declares that n runs after on, and only if on passed. It outranks an After between the same two.
func (g *Graph) Requires(n, on Node) { g.edges = append(g.edges, Edge{n, on, Requires}) }

// After declares that n runs after on, whatever became of on.
func (g *Graph) After(n, on Node) { g.edges = append(g.edges, Edge{n, on, After}) }

// Plan validates the graph. It returns a [*CycleError] if nodes wait for each other in a circle (a node that names
// itself is a circle of one), or the joined errors, each wrapping [ErrUnknownNode], of all edges whose nodes do not
// exist. A graph without nodes has an empty plan.
func (g *Graph) Plan() (*Plan, error) {
	if err := g.checkHandles(); err != nil {
		return nil, err
	}
	deps := g.merged()
	sorted := topological(deps)
	if len(sorted) < len(g.nodes) {
		return nil, g.cycle(deps, sorted)
	}
	p := &Plan{nodes: slices.Clone(g.nodes), order: sorted, deps: deps}
	p.linkLanes()
	p.closeOver()
	return p, nil
}

func (g *Graph) checkHandles() error {
	var errs []error
	for _, e := range g.edges {
		if g.has(e.Node) && g.has(e.On) {
			continue
		}
		errs = append(errs, fmt.Errorf("order: %w in \"%s %s %s\": the graph has %s",
			ErrUnknownNode, g.label(e.Node), e.Kind, g.label(e.On), g.extent()))
	}
	return errors.Join(errs...)
}

func (g *Graph) has(n Node) bool { return n >= 0 && int(n) < len(g.nodes) }

func (g *Graph) extent() string {
	switch len(g.nodes) {
	case 0:
		return "no nodes"
	case 1:
		return "only #0"
	}
	return fmt.Sprintf("#0 to #%d", len(g.nodes)-1)
}

// label is the name of n for a message: in quotes where it is of several words, and with its number where the name alone
// does not tell which node is meant.
func (g *Graph) label(n Node) string {
	number := fmt.Sprintf("#%d", n)
	if !g.has(n) || g.nodes[n].name == "" {
		return number
	}
	name := g.nodes[n].name
	same := func(other node) bool { return other.name == name }
	if first := slices.IndexFunc(g.nodes, same); slices.ContainsFunc(g.nodes[first+1:], same) {
		number = " (" + number + ")"
	} else {
		number = ""
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		name = strconv.Quote(name)
	}
	return name + number
}

// merged returns the declared edges by node, those of one node by declaration of what they are on, and one for each
// pair: the strongest, which has the smallest Kind.
func (g *Graph) merged() [][]Edge {
	deps := make([][]Edge, len(g.nodes))
	for _, e := range g.edges {
		deps[e.Node] = append(deps[e.Node], e)
	}
	for n, edges := range deps {
		slices.SortFunc(edges, func(a, b Edge) int {
			return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Kind, b.Kind))
		})
		deps[n] = slices.CompactFunc(edges, func(a, b Edge) bool { return a.On == b.On })
	}
	return deps
}
