package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// CycleError says that nodes wait for each other in a circle, so that none of them can ever run.
type CycleError struct {
	// Path tells the circle, an entry for each edge: "a requires b", "b comes after c", "c requires a".
	Path []string
	// Edges is the same circle as edges: the On of each is the Node of the next, and that of the last is the Node of
	// the first. It begins at the node that was declared first, and passes no node twice.
	Edges []Edge
}

func (e *CycleError) Error() string {
	return "order: a cycle: " + strings.Join(e.Path, ", ") + "; none of them can run, so take one of these away"
}

// cycle finds the circle to tell of. sorted holds all the nodes that are neither on a circle nor after one.
//
// Each of the others waits for at least one of the others, so a walk along such edges must come back to where it has
// been. It may come back the long way round, and a shorter circle is easier to understand: the one returned is a
// shortest through its first declared node.
func (g *Graph) cycle(deps [][]Edge, sorted []Node) *CycleError {
	stuck := make([]bool, len(deps))
	for n := range stuck {
		stuck[n] = true
	}
	for _, n := range sorted {
		stuck[n] = false
	}
	var walk []Node
	at := Node(slices.Index(stuck, true))
	for !slices.Contains(walk, at) {
		walk = append(walk, at)
		next := slices.IndexFunc(deps[at], func(e Edge) bool { return stuck[e.On] })
		at = deps[at][next].On
	}
	start := slices.Min(walk[slices.Index(walk, at):])
	for {
		way := shortestCycle(deps, start)
		// The shorter way may pass a node that is declared earlier still, and so on, down to 0 at most.
		first := slices.MinFunc(way, func(a, b Edge) int { return cmp.Compare(a.Node, b.Node) }).Node
		if first == start {
			return g.tell(way)
		}
		start = first
	}
}

// shortestCycle returns the edges of a shortest way from start back to start, which must exist: breadth first, and
// in order of declaration, so that the same graph gets the same message.
func shortestCycle(deps [][]Edge, start Node) []Edge {
	cameBy := make(map[Node]Edge)
	for frontier := []Node{start}; ; frontier = frontier[1:] {
		for _, e := range deps[frontier[0]] {
			if _, seen := cameBy[e.On]; seen {
				continue
			}
			cameBy[e.On] = e
			frontier = append(frontier, e.On)
			if e.On != start {
				continue
			}
			way := []Edge{e}
			for way[len(way)-1].Node != start {
				way = append(way, cameBy[way[len(way)-1].Node])
			}
			slices.Reverse(way)
			return way
		}
	}
}

func (g *Graph) tell(edges []Edge) *CycleError {
	err := &CycleError{Edges: edges}
	for _, e := range edges {
		err.Path = append(err.Path, fmt.Sprintf("%s %s %s", g.label(e.Node), e.Kind, g.label(e.On)))
	}
	return err
}
