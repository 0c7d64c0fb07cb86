package profile

import (
	"fmt"
	"slices"
	"strings"
)

// Scenario is a name with a profile, and with the scenarios that start after it. It is a value: its methods give a
// changed copy, so that a scenario cannot come after itself.
type Scenario struct {
	name    string
	profile Profile
	groups  [][]Scenario
}

// NewScenario makes a scenario. The name is how reports call it, and unique in a tree.
func NewScenario(name string, p Profile) Scenario { return Scenario{name: name, profile: p} }

// AndThen has the children start together, when the last users of this scenario have ended; if there are children
// already, when the last users of the children given last, and of all of their descendants, have ended. So in
//
//	a.AndThen(b, c).AndThen(d)
//
// d starts when b, c and all that comes after them have ended.
func (s Scenario) AndThen(children ...Scenario) Scenario {
	if len(children) > 0 {
		s.groups = append(slices.Clip(s.groups), slices.Clone(children))
	}
	return s
}

// Node is a scenario in its place.
type Node struct {
	Name    string
	Profile Profile
	// After are the names of the scenarios whose users must all have ended, in the order of the tree. Who they in turn
	// waited for is not repeated. An empty one means that it starts with the run.
	After []string
}

// Tree is scenarios that were checked: names are unique, and who waits for whom is known. It never changes.
type Tree struct{ nodes []Node }

// TreeError tells what is wrong with a scenario of a tree.
type TreeError struct {
	Name    string
	Problem string
}

func (e *TreeError) Error() string { return fmt.Sprintf("scenario %q: %s", e.Name, e.Problem) }

// SetUp makes a tree of scenarios that start together, with all that come after them. The error is a [*TreeError].
func SetUp(scenarios ...Scenario) (Tree, error) {
	var t Tree
	if len(scenarios) == 0 {
		return t, &TreeError{"", "there is none; want at least one"}
	}
	for _, s := range scenarios {
		t.add(s, nil)
	}
	seen := map[string]bool{}
	for _, node := range t.nodes {
		switch {
		case strings.TrimSpace(node.Name) == "":
			return Tree{}, &TreeError{node.Name, "a name is needed"}
		case seen[node.Name]:
			return Tree{}, &TreeError{node.Name, "a second one of that name; reports tell scenarios by their names, give it another"}
		case len(node.Profile.steps) == 0:
			return Tree{}, &TreeError{node.Name, "it has no profile, so nobody would ever run it"}
		}
		seen[node.Name] = true
	}
	return t, nil
}

// add appends a scenario and its descendants, and gives the names of those whose ends are the end of all of them.
func (t *Tree) add(s Scenario, after []string) (ends []string) {
	t.nodes = append(t.nodes, Node{s.name, s.profile, after})
	ends = []string{s.name}
	for _, group := range s.groups {
		before := ends
		ends = nil
		for _, child := range group {
			ends = append(ends, t.add(child, before)...)
		}
	}
	return ends
}

// Nodes are all scenarios, each before those that wait for it.
func (t Tree) Nodes() []Node {
	nodes := slices.Clone(t.nodes)
	for i := range nodes {
		nodes[i].After = slices.Clone(nodes[i].After)
	}
	return nodes
}

// Walk follows a run of a tree: it tells which scenarios may start. It belongs to one goroutine.
type Walk struct {
	waiting []Node
	running map[string]bool
	ended   map[string]bool
}

// Begin gives a walk, and the scenarios that start with the run.
func (t Tree) Begin() (*Walk, []Node) {
	w := &Walk{waiting: t.Nodes(), running: map[string]bool{}, ended: map[string]bool{}}
	return w, w.start()
}

// End says that the last user of a scenario has ended, and gives the scenarios that start now. It panics for one
// that is not running, which is a mistake of the engine.
func (w *Walk) End(name string) []Node {
	if !w.running[name] {
		panic(fmt.Sprintf("profile: End of scenario %q, which is not running", name))
	}
	delete(w.running, name)
	w.ended[name] = true
	return w.start()
}

// Done tells whether all scenarios have ended.
func (w *Walk) Done() bool { return len(w.waiting) == 0 && len(w.running) == 0 }

// Waiting are the scenarios that have not started, each with those that it still waits for.
func (w *Walk) Waiting() []Node {
	nodes := slices.Clone(w.waiting)
	for i := range nodes {
		nodes[i].After = w.missing(nodes[i])
	}
	return nodes
}

func (w *Walk) missing(n Node) []string {
	return slices.DeleteFunc(slices.Clone(n.After), func(name string) bool { return w.ended[name] })
}

func (w *Walk) start() (started []Node) {
	w.waiting = slices.DeleteFunc(w.waiting, func(n Node) bool {
		if len(w.missing(n)) > 0 {
			return false
		}
		started = append(started, n)
		w.running[n.Name] = true
		return true
	})
	return started
}
