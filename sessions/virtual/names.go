package virtual

import "strings"

// names are those of the last requests without one, so that making them costs nothing where a user sends the same
// few again and again.
type names struct {
	known [4]struct{ method, path, name string }
	next  uint8
}

// of is method and path without query.
func (n *names) of(method, path string) string {
	for i := range n.known {
		if k := &n.known[i]; k.path == path && k.method == method {
			return k.name
		}
	}
	plain, _, _ := strings.Cut(path, "?")
	name := method + " " + plain
	k := &n.known[n.next%uint8(len(n.known))]
	k.method, k.path, k.name = method, path, name
	n.next++
	return name
}
