package vars

import "context"

// Store holds the variables of a run. [Memory] is one; another has to pass package varstest.
//
// Every operation is atomic and synchronous: it takes effect at one moment between its call and its return, for all
// who use the store. What is given as any goes through [Of]. A Value that is absent means that there is none.
//
// All operations refuse an empty name with an error that wraps [ErrInvalid], and do nothing with a context that has
// ended: the error wraps its cause. Those that write wrap [ErrEnded] after [Store.End]. Those that need a number, a table or a
// list and find something else return a [*RefusedError]. Whatever returns an error has changed nothing; only a store on
// other machines may leave it open whether an operation took effect whose context ended during it.
type Store interface {
	// Set stores the value and returns it. Nil removes the variable.
	Set(ctx context.Context, name string, value any) (Value, error)
	// Get returns the value.
	Get(ctx context.Context, name string) (Value, error)
	// Delta adds n to a number and returns the sum. Absent counts as 0. Integers stay exact: a sum of two beyond 64 bits
	// is refused with ErrOverflow.
	Delta(ctx context.Context, name string, n any) (Value, error)

	// KeySet stores the value under the key of a table, and returns it. Nil removes the key. An absent variable
	// becomes a table first.
	KeySet(ctx context.Context, name, key string, value any) (Value, error)
	// KeyGet returns what is under the key of a table. It makes no table where none is.
	KeyGet(ctx context.Context, name, key string) (Value, error)
	// KeyDelta does as Delta with what is under the key of a table. An absent variable becomes a table first.
	KeyDelta(ctx context.Context, name, key string, n any) (Value, error)

	// CAS (compare and set) stores the new value if the present one equals old, and returns whether it did and what is
	// present afterwards. Nil as old: if the variable is absent. Nil as new: removes it.
	CAS(ctx context.Context, name string, old, new any) (set bool, present Value, err error)

	// Append adds the value to the end of a list, and returns its new length. An absent variable becomes a list first.
	// Nil is refused with ErrInvalid.
	Append(ctx context.Context, name string, value any) (length int, err error)
	// Push does as Append: a queue is a list that is taken from by Pop.
	Push(ctx context.Context, name string, value any) (length int, err error)
	// Pop removes the first element of a list and returns it, absent if there is none. It does not wait. A list that
	// became empty stays a list.
	Pop(ctx context.Context, name string) (Value, error)

	// Await waits until the condition holds for the present value or for one that the variable gets afterwards, and
	// returns that value, which may have been replaced since. No value is missed, however short it was present. It is
	// asked of absent too. The condition is called in the caller's goroutine, so it may take its time.
	//
	// It returns an [*AwaitError] when the context ends, the limit of the store passes, or End is called. who is the
	// name of the session that waits; it is needed for messages.
	Await(ctx context.Context, who, name string, until Condition) (Value, error)

	// Snapshot returns all variables as they were at one moment. It changes nothing and can be repeated, after End too.
	Snapshot(ctx context.Context) (Snapshot, error)

	// End makes the values final: who waits is told, nothing can be written any more, all can be read. Again is in order.
	End(ctx context.Context) error
}

// Snapshot is all variables at one moment. It belongs to the caller.
type Snapshot struct {
	// Revision is the number of changes up to then. Two snapshots of a store with one Revision are equal.
	Revision uint64 `json:"revision"`
	// Vars are the values by name; never nil, and without those that are absent.
	Vars map[string]Value `json:"vars"`
}
