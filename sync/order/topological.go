package order

import "container/heap"

// topological is Kahn's algorithm ("Topological sorting of large networks", 1962) with a priority queue: of the nodes
// that wait for nothing any more, the one declared first is next. The result is thus the smallest of all possible
// orders, and depends on nothing but the declarations. Nodes on a cycle, or after one, are not in it.
func topological(deps [][]Edge) []Node {
	waitsFor := make([]int, len(deps))
	dependents := make([][]Node, len(deps))
	for n, edges := range deps {
		waitsFor[n] = len(edges)
		for _, e := range edges {
			dependents[e.On] = append(dependents[e.On], Node(n))
		}
	}
	var ready queue // filled in rising order, which is a heap already
	for n, count := range waitsFor {
		if count == 0 {
			ready = append(ready, Node(n))
		}
	}
	sorted := make([]Node, 0, len(deps))
	for len(ready) > 0 {
		n := heap.Pop(&ready).(Node)
		sorted = append(sorted, n)
		for _, d := range dependents[n] {
			if waitsFor[d]--; waitsFor[d] == 0 {
				heap.Push(&ready, d)
			}
		}
	}
	return sorted
}

// queue is a heap whose top is the node declared first.
type queue []Node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] < q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(Node)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	*q = (*q)[:last]
	return n
}
