package vars

// Condition is what [Store.Await] waits for.
type Condition struct {
	// Text completes the sentence "it waits for the variable to be …". Empty: as the condition asks.
	Text string
	// Holds reports whether a value, which may be absent, is what is waited for. Nil is refused with ErrInvalid.
	Holds func(Value) bool

	err error // of an argument that a constructor was given
}

// Where is a condition in the caller's own words, which complete "to be …": Where("even", …).
func Where(text string, holds func(Value) bool) Condition { return Condition{Text: text, Holds: holds} }

// Is waits for that very value; nil: until there is none.
func Is(value any) Condition {
	want, err := Of(value)
	return Condition{Text: brief(want), Holds: want.Equal, err: err}
}

// Present waits until there is a value.
func Present() Condition {
	return Condition{Text: "present", Holds: func(v Value) bool { return !v.IsAbsent() }}
}

// AtLeast waits for a number that is n or more. Integers are compared exactly.
func AtLeast(n any) Condition {
	least, err := Of(n)
	if err == nil && least.kind != Number {
		err = invalid("at least %s: that is no number", brief(least))
	}
	return Condition{Text: "at least " + least.String(), err: err, Holds: func(v Value) bool {
		return v.kind == Number && !less(v, least)
	}}
}

func less(a, b Value) bool {
	m, exact := a.Int()
	n, both := b.Int()
	if exact && both {
		return m < n
	}
	x, _ := a.Float()
	y, _ := b.Float()
	return x < y
}

func (c Condition) check() (Condition, error) {
	switch {
	case c.err != nil:
		return c, c.err
	case c.Holds == nil:
		return c, invalid("the condition has no func to ask")
	case c.Text == "":
		c.Text = "as the condition asks"
	}
	return c, nil
}
