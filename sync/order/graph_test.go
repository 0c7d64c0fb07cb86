package order_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sync/order"
)

// declare makes a graph of lines such as "a requires b" and "a after b", "a in lane" and "a". A name is declared
// where it is met first.
func declare(t *testing.T, lines ...string) (*order.Graph, map[string]order.Node) {
	t.Helper()
	var g order.Graph
	lanes, nodes := map[string]string{}, map[string]order.Node{}
	for _, line := range lines {
		if words := strings.Fields(line); len(words) == 3 && words[1] == "in" {
			lanes[words[0]] = words[2]
		}
	}
	node := func(name string) order.Node {
		if _, ok := nodes[name]; !ok {
			nodes[name] = g.Add(name, lanes[name])
		}
		return nodes[name]
	}
	for _, line := range lines {
		words := strings.Fields(line)
		n := node(words[0])
		switch {
		case len(words) == 1 || words[1] == "in":
		case words[1] == "requires":
			g.Requires(n, node(words[2]))
		case words[1] == "after":
			g.After(n, node(words[2]))
		default:
			t.Fatalf("line %q", line)
		}
	}
	return &g, nodes
}

func names(p *order.Plan) string {
	var list []string
	for _, n := range p.Order() {
		list = append(list, p.Name(n))
	}
	return strings.Join(list, " ")
}

func dependencies(p *order.Plan, n order.Node) string {
	var list []string
	for _, e := range p.Dependencies(n) {
		list = append(list, p.Name(e.Node)+" "+e.Kind.String()+" "+p.Name(e.On))
	}
	return strings.Join(list, ", ")
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"nothing", nil, ""},
		{"no edges: by declaration", []string{"c", "a", "b"}, "c a b"},
		{"a chain against the declaration", []string{"a", "b", "c", "a requires b", "b after c"}, "c b a"},
		{"a node freed late comes before those declared after it", []string{"a", "b", "c", "d", "a requires b"}, "b a c d"},
		{"a diamond", []string{"end", "left", "right", "end requires left", "end requires right", "left after start", "right after start"}, "start left right end"},
		{"lanes change nothing", []string{"a in x", "b in y", "c in x", "d in y"}, "a b c d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _ := declare(t, c.lines...)
			p, err := g.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if got := names(p); got != c.want {
				t.Errorf("order %q, want %q", got, c.want)
			}
		})
	}
}

func TestDependencies(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string // of a
	}{
		{"none", []string{"a"}, ""},
		{"by declaration of the other", []string{"c", "b", "a after b", "a requires c"}, "a requires c, a comes after b"},
		{"requires outranks after", []string{"b", "a after b", "a requires b", "a after b"}, "a requires b"},
		{"one edge for two", []string{"b", "a after b", "a after b"}, "a comes after b"},
		{"the one before in the lane", []string{"c in x", "b in x", "a in x"}, "a is in one lane after b"},
		{"the one before in the order, not in the declaration", []string{"a in x", "b in x", "a after c"}, "a is in one lane after b, a comes after c"},
		{"no lane edge beside a declared one", []string{"b in x", "a in x", "a after b"}, "a comes after b"},
		{"no lane is no lane", []string{"b", "a"}, ""},
		{"other lanes", []string{"b in x", "a in y"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, nodes := declare(t, c.lines...)
			p, err := g.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if got := dependencies(p, nodes["a"]); got != c.want {
				t.Errorf("dependencies %q, want %q", got, c.want)
			}
		})
	}
}

func TestBefore(t *testing.T) {
	g, n := declare(t, "a in x", "b in x", "c in y", "c requires b", "d", "d after c", "e")
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[string]bool{
		"a b": true, "b c": true, "a c": true, "a d": true, // by lane, by edge, and by both
		"b a": false, "d a": false, "a a": false, "e a": false, "a e": false,
	} {
		from, to, _ := strings.Cut(pair, " ")
		if got := p.Before(n[from], n[to]); got != want {
			t.Errorf("Before(%s, %s) = %v", from, to, got)
		}
	}
}

func TestCycles(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"itself", []string{"a", "b after b"}, "b comes after b"},
		{"two", []string{"a requires b", "b after a"}, "a requires b, b comes after a"},
		{"three", []string{"a requires b", "b after c", "c requires a"}, "a requires b, b comes after c, c requires a"},
		{"not what only comes after it", []string{"x requires y", "y requires a", "a requires b", "b requires a"}, "a requires b, b requires a"},
		{"the shorter of two", []string{"a requires b", "b requires c", "c requires a", "b requires a"}, "a requires b, b requires a"},
		{"from the first declared, though a longer way does not pass it", []string{"a requires b", "b requires c", "c requires d", "d requires e", "e requires b", "b requires f", "f requires a"},
			"a requires b, b requires f, f requires a"},
		{"the merged edge", []string{"a after b", "a requires b", "b after a"}, "a requires b, b comes after a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _ := declare(t, c.lines...)
			p, err := g.Plan()
			cycle, ok := errors.AsType[*order.CycleError](err)
			if !ok || p != nil {
				t.Fatalf("plan %v, error %v", p, err)
			}
			if got := strings.Join(cycle.Path, ", "); got != c.want {
				t.Errorf("path %q, want %q", got, c.want)
			}
			want := "order: a cycle: " + c.want + "; none of them can run, so take one of these away"
			if err.Error() != want {
				t.Errorf("message\n%s\nwant\n%s", err, want)
			}
		})
	}
}

func TestNamesInMessages(t *testing.T) {
	var g order.Graph
	twin, other := g.Add("presses edit", "owner"), g.Add("presses edit", "colleague")
	nameless, plain := g.Add("", ""), g.Add("saves", "")
	g.Requires(twin, other)
	g.After(other, nameless)
	g.After(nameless, plain)
	g.After(plain, twin)
	_, err := g.Plan()
	const want = `order: a cycle: "presses edit" (#0) requires "presses edit" (#1), "presses edit" (#1) comes after #2, ` +
		`#2 comes after saves, saves comes after "presses edit" (#0); none of them can run, so take one of these away`
	if err == nil || err.Error() != want {
		t.Errorf("message\n%v\nwant\n%s", err, want)
	}
}

func TestUnknownNodes(t *testing.T) {
	var none, one, two order.Graph
	none.After(0, 1)
	one.Requires(one.Add("a", ""), 7)
	a, b := two.Add("a", ""), two.Add("b", "")
	two.After(-1, a)
	two.Requires(a, b)
	two.After(b, 2)
	for want, g := range map[string]*order.Graph{
		`order: unknown node in "#0 comes after #1": the graph has no nodes`: &none,
		`order: unknown node in "a requires #7": the graph has only #0`:      &one,
		`order: unknown node in "#-1 comes after a": the graph has #0 to #1` + "\n" +
			`order: unknown node in "b comes after #2": the graph has #0 to #1`: &two,
	} {
		_, err := g.Plan()
		if !errors.Is(err, order.ErrUnknownNode) || err.Error() != want {
			t.Errorf("message\n%v\nwant\n%s", err, want)
		}
	}
}

func TestPlanDoesNotChange(t *testing.T) {
	g, n := declare(t, "a in x", "b in x", "b after a")
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	g.Requires(n["a"], n["b"])
	g.Requires(g.Add("c", "x"), n["a"])
	slices.Reverse(p.Order())
	p.Dependencies(n["b"])[0].On = 99
	if got := names(p) + "; " + dependencies(p, n["b"]); p.Len() != 2 || got != "a b; b comes after a" {
		t.Errorf("%d nodes: %s", p.Len(), got)
	}
	if got := p.Lane(n["b"]); got != "x" {
		t.Errorf("lane %q", got)
	}
}

func TestPlanPanicsForNodesItDoesNotHave(t *testing.T) {
	g, n := declare(t, "a", "b")
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(order.Node){
		"Name":          func(n order.Node) { p.Name(n) },
		"Lane":          func(n order.Node) { p.Lane(n) },
		"Dependencies":  func(n order.Node) { p.Dependencies(n) },
		"Before first":  func(bad order.Node) { p.Before(bad, n["a"]) },
		"Before second": func(bad order.Node) { p.Before(n["a"], bad) },
	} {
		for _, bad := range []order.Node{-1, 2} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic for %d", name, bad)
					}
				}()
				call(bad)
			}()
		}
	}
	if (&order.Plan{}).Order() != nil {
		t.Error("the zero plan has nodes")
	}
}

func TestKindString(t *testing.T) {
	if got := order.Kind(0).String() + " " + order.Kind(9).String(); got != "Kind(0) Kind(9)" {
		t.Error(got)
	}
}
