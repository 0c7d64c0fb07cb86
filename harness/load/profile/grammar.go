package profile

import "fmt"

// A text is a list of items, separated by commas, each a chain of calls joined by points:
//
//	list = item { "," item } [ "," ]
//	item = call { "." call }
//	call = name [ "(" { number | unit | "." } ")" ]
type (
	chain []call

	call struct {
		name     token
		argument argument
	}

	// argument is what stands in parentheses: number, unit, number, unit… where a point before a unit was left out.
	argument struct {
		tokens []token
		at     span
	}
)

func (c call) at() span { return c.name.at }

// problem is a fault with its place.
type problem struct {
	at         span
	text, hint string
}

// grammar reads tokens up to the first problem.
type grammar struct {
	tokens []token
	at     int
}

func (g *grammar) peek() token { return g.tokens[g.at] }

func (g *grammar) take() token {
	t := g.tokens[g.at]
	if t.kind != endToken {
		g.at++
	}
	return t
}

func (g *grammar) takeMark(mark string) bool {
	if g.peek().is(mark) {
		g.take()
		return true
	}
	return false
}

func refuse(at span, hint, format string, args ...any) *problem {
	return &problem{at, fmt.Sprintf(format, args...), hint}
}

// list reads items up to the end of the text or, with a closing mark, up to it.
func (g *grammar) list(closing bool, what string) ([]chain, *problem) {
	ends := func() bool { return g.peek().kind == endToken || closing && g.peek().is(")") }
	var items []chain
	for !ends() {
		item, p := g.chain(what)
		if p != nil {
			return nil, p
		}
		items = append(items, item)
		if ends() {
			break
		}
		if t := g.peek(); !g.takeMark(",") {
			return nil, refuse(t.at, "what follows each other is separated by commas", "unexpected %s after %s", t, what)
		}
	}
	return items, nil
}

func (g *grammar) chain(what string) (chain, *problem) {
	var calls chain
	for {
		c, p := g.call(what)
		if p != nil {
			return nil, p
		}
		calls = append(calls, c)
		if !g.takeMark(".") {
			return calls, nil
		}
		what = "what the point joins"
	}
}

func (g *grammar) call(what string) (call, *problem) {
	c := call{name: g.take()}
	if c.name.kind != nameToken {
		return c, refuse(c.name.at, "", "want the name of %s, got %s", what, c.name)
	}
	c.argument.at = c.name.at
	if open := g.peek(); g.takeMark("(") {
		for !g.peek().is(")") {
			t := g.take()
			switch {
			case t.is("."):
			case t.kind == nameToken || t.kind == numberToken:
				c.argument.tokens = append(c.argument.tokens, t)
			case t.kind == endToken:
				return c, refuse(open.at, "", "this parenthesis is not closed")
			default:
				return c, refuse(t.at, "", "unexpected %s in the parentheses of %s", t, c.name.text)
			}
		}
		c.argument.at = span{open.at.from, g.take().at.to}
		if n := len(c.argument.tokens); n > 0 {
			c.argument.at = span{c.argument.tokens[0].at.from, c.argument.tokens[n-1].at.to}
		}
	}
	return c, nil
}
