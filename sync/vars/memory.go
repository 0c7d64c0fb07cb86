package vars

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultAwaitTimeout is the limit of Await where [Options] do not give one.
const DefaultAwaitTimeout = 30 * time.Second

// Options are those of [New]. The zero value is in order.
type Options struct {
	// AwaitTimeout is how long an Await may take, whatever its context allows. 0: DefaultAwaitTimeout. Negative: an error.
	AwaitTimeout time.Duration
}

// Memory is a [Store] in the memory of one process. Make one with [New]; it must not be copied, and needs no closing.
//
// Each variable has a lock of its own, and an operation takes that one alone. Invariants, whenever no lock is held:
//
//  1. What variables holds under a name is not gone, and is the only one with that name.
//  2. A variable that is absent and for which nobody waits is gone, or about to be.
//  3. retired and the versions of all that are not gone add up to the number of changes.
//
// Locks are taken in this order: births, then any number of variables by who holds births for writing, else one.
type Memory struct {
	options   Options
	variables sync.Map // of *variable by name

	// births is held for reading by who adds a variable or retires one, and for writing by a snapshot, for which the set
	// of variables has to stand still. Who uses a variable that exists does not touch it.
	births  sync.RWMutex
	retired atomic.Uint64 // the changes of variables that are gone

	ended atomic.Bool
	end   chan struct{} // closed once ended is set
	once  sync.Once
}

var _ Store = (*Memory)(nil)

// New returns a store without variables. Its error wraps [ErrInvalidOption].
func New(o Options) (*Memory, error) {
	if o.AwaitTimeout < 0 {
		return nil, fmt.Errorf("run variables: %w: AwaitTimeout is %v; it must not be negative (0 means %v)",
			ErrInvalidOption, o.AwaitTimeout, DefaultAwaitTimeout)
	}
	if o.AwaitTimeout == 0 {
		o.AwaitTimeout = DefaultAwaitTimeout
	}
	return &Memory{options: o, end: make(chan struct{})}, nil
}

// Set is as [Store] says.
func (m *Memory) Set(ctx context.Context, name string, value any) (Value, error) {
	stored, err := argument("set", name, value)
	if err != nil {
		return Value{}, err
	}
	v, err := m.open(ctx, "set", name)
	if err != nil {
		return Value{}, err
	}
	defer m.close(v)
	if !stored.IsAbsent() || !v.value.IsAbsent() {
		v.replace(stored)
	}
	return stored, nil
}

// Get is as [Store] says.
func (m *Memory) Get(ctx context.Context, name string) (Value, error) {
	v, err := m.find(ctx, "get", name)
	if v == nil {
		return Value{}, err
	}
	defer v.mu.Unlock()
	return v.share(), nil
}

// Delta is as [Store] says.
func (m *Memory) Delta(ctx context.Context, name string, n any) (Value, error) {
	step, err := argument("delta", name, n)
	if err != nil {
		return Value{}, err
	}
	v, err := m.open(ctx, "delta", name)
	if err != nil {
		return Value{}, err
	}
	defer m.close(v)
	sum, err := add(v.value, step)
	if err != nil {
		return Value{}, &RefusedError{Operation: asked("delta", step), Name: name, Holds: v.share(), Reason: err}
	}
	v.replace(sum)
	return sum, nil
}

// KeySet is as [Store] says.
func (m *Memory) KeySet(ctx context.Context, name, key string, value any) (Value, error) {
	stored, err := argument("key set", name, value)
	if err != nil {
		return Value{}, err
	}
	v, err := m.open(ctx, "key set", name)
	if err != nil {
		return Value{}, err
	}
	defer m.close(v)
	if v.kindIsNot(Table) {
		return Value{}, v.refuse(fmt.Sprintf("key set %q", key), ErrNoTable)
	}
	v.replaceKey(key, stored)
	return stored, nil
}

// KeyGet is as [Store] says.
func (m *Memory) KeyGet(ctx context.Context, name, key string) (Value, error) {
	v, err := m.find(ctx, "key get", name)
	if v == nil {
		return Value{}, err
	}
	defer v.mu.Unlock()
	if v.kindIsNot(Table) {
		return Value{}, v.refuse(fmt.Sprintf("key get %q", key), ErrNoTable)
	}
	return v.value.Key(key), nil
}

// KeyDelta is as [Store] says.
func (m *Memory) KeyDelta(ctx context.Context, name, key string, n any) (Value, error) {
	step, err := argument("key delta", name, n)
	if err != nil {
		return Value{}, err
	}
	v, err := m.open(ctx, "key delta", name)
	if err != nil {
		return Value{}, err
	}
	defer m.close(v)
	if v.kindIsNot(Table) {
		return Value{}, v.refuse(fmt.Sprintf("key delta %q", key), ErrNoTable)
	}
	present := v.value.Key(key)
	sum, err := add(present, step)
	if err != nil {
		return Value{}, &RefusedError{Operation: asked("delta", step), Name: name, Key: key, Holds: present, Reason: err}
	}
	v.replaceKey(key, sum)
	return sum, nil
}

// CAS is as [Store] says.
func (m *Memory) CAS(ctx context.Context, name string, old, new any) (set bool, present Value, err error) {
	expected, err := argument("cas", name, old)
	if err != nil {
		return false, Value{}, err
	}
	stored, err := argument("cas", name, new)
	if err != nil {
		return false, Value{}, err
	}
	v, err := m.open(ctx, "cas", name)
	if err != nil {
		return false, Value{}, err
	}
	defer m.close(v)
	if !v.value.Equal(expected) {
		return false, v.share(), nil
	}
	if !stored.IsAbsent() || !v.value.IsAbsent() {
		v.replace(stored)
	}
	return true, stored, nil
}

// Append is as [Store] says.
func (m *Memory) Append(ctx context.Context, name string, value any) (length int, err error) {
	return m.add(ctx, "append", name, value)
}

// Push is as [Store] says.
func (m *Memory) Push(ctx context.Context, name string, value any) (length int, err error) {
	return m.add(ctx, "push", name, value)
}

func (m *Memory) add(ctx context.Context, operation, name string, value any) (length int, err error) {
	item, err := argument(operation, name, value)
	if err != nil {
		return 0, err
	}
	if item.IsAbsent() {
		return 0, fmt.Errorf("run variable %q: %s: %w", name, operation, invalid("nil cannot be an element; vars.Undef can"))
	}
	v, err := m.open(ctx, operation, name)
	if err != nil {
		return 0, err
	}
	defer m.close(v)
	if v.kindIsNot(List) {
		return 0, v.refuse(asked(operation, item), ErrNoList)
	}
	return v.append(item), nil
}

// Pop is as [Store] says.
func (m *Memory) Pop(ctx context.Context, name string) (Value, error) {
	v, err := m.open(ctx, "pop", name)
	if err != nil {
		return Value{}, err
	}
	defer m.close(v)
	if v.kindIsNot(List) {
		return Value{}, v.refuse("pop", ErrNoList)
	}
	return v.removeFirst(), nil
}

// argument is the Value of what an operation was given.
func argument(operation, name string, value any) (Value, error) {
	v, err := Of(value)
	if err != nil {
		return Value{}, fmt.Errorf("run variable %q: %s: %w", name, operation, err)
	}
	return v, nil
}

// check refuses what concerns every operation.
func check(ctx context.Context, operation, name string) error {
	if name == "" {
		return fmt.Errorf("run variables: %s: %w", operation, invalid("the name is empty"))
	}
	if ctx.Err() != nil {
		return ended(operation, name, context.Cause(ctx))
	}
	return nil
}

// open returns the variable, locked, and made if there was none; it is given back to close.
func (m *Memory) open(ctx context.Context, operation, name string) (*variable, error) {
	if err := check(ctx, operation, name); err != nil {
		return nil, err
	}
	for {
		v := m.present(name)
		v.mu.Lock()
		if v.gone {
			v.mu.Unlock()
			continue
		}
		if m.ended.Load() {
			m.close(v)
			return nil, fmt.Errorf("run variable %q: %s: %w", name, operation, ErrEnded)
		}
		return v, nil
	}
}

func (m *Memory) present(name string) *variable {
	if v, ok := m.variables.Load(name); ok {
		return v.(*variable)
	}
	m.births.RLock()
	defer m.births.RUnlock()
	v, _ := m.variables.LoadOrStore(name, &variable{name: name})
	return v.(*variable)
}

// find returns the variable, locked, or nil if there is none.
func (m *Memory) find(ctx context.Context, operation, name string) (*variable, error) {
	if err := check(ctx, operation, name); err != nil {
		return nil, err
	}
	found, ok := m.variables.Load(name)
	if !ok {
		return nil, nil
	}
	v := found.(*variable) // one that is gone meanwhile was absent at that moment, which is an answer too
	v.mu.Lock()
	return v, nil
}

// close unlocks the variable, and retires it if nothing is left of it.
func (m *Memory) close(v *variable) {
	idle := v.idle()
	v.mu.Unlock()
	if !idle {
		return
	}
	m.births.RLock() // before the variable's lock, as snapshots do
	defer m.births.RUnlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.idle() && !v.gone {
		v.gone = true
		m.retired.Add(v.version)
		m.variables.CompareAndDelete(v.name, v)
	}
}

// Snapshot is as [Store] says. It stops all who write while it reads, which takes a fraction of a microsecond for each
// variable.
func (m *Memory) Snapshot(ctx context.Context) (Snapshot, error) {
	if ctx.Err() != nil {
		return Snapshot{}, fmt.Errorf("run variables: snapshot: the context ended: %w", context.Cause(ctx))
	}
	m.births.Lock()
	defer m.births.Unlock()
	s := Snapshot{Revision: m.retired.Load(), Vars: map[string]Value{}}
	for _, each := range m.variables.Range {
		v := each.(*variable)
		v.mu.Lock()
		defer v.mu.Unlock() // not before all are locked: that makes it one moment
		s.Revision += v.version
		if !v.value.IsAbsent() {
			s.Vars[v.name] = v.share()
		}
	}
	return s, nil
}

// End is as [Store] says. A write that is under way holds the lock of its variable, so that whoever reads it from now on sees it
// done.
func (m *Memory) End(context.Context) error {
	m.once.Do(func() {
		m.ended.Store(true)
		close(m.end)
	})
	return nil
}
