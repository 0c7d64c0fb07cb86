package data_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/data"
)

// run is a run of users who draw at the same time.
type run struct {
	options                        data.Options
	rows, users, iterations, draws int
}

func drawRun(t *rapid.T) run {
	r := run{
		rows:       rapid.IntRange(1, 30).Draw(t, "rows"),
		users:      rapid.IntRange(1, 6).Draw(t, "users"),
		iterations: rapid.IntRange(1, 8).Draw(t, "iterations"),
		draws:      rapid.IntRange(1, 3).Draw(t, "draws"),
	}
	r.options = data.Options{
		Policy: data.Policy(rapid.IntRange(int(data.Sequential), int(data.UniqueBlock)).Draw(t, "policy")),
		Update: data.Update(rapid.IntRange(0, 2).Draw(t, "update")),
		Seed:   rapid.Uint64().Draw(t, "seed"),
	}
	allowed := []data.Rule{data.FailRun, data.StopUser, data.StartAgain, data.KeepLast}
	switch r.options.Policy {
	case data.Queue, data.OncePerUser:
		allowed = []data.Rule{data.FailRun, data.StopUser, data.KeepLast}
	case data.Lease:
		allowed = allowed[:2]
		r.rows = max(r.rows, r.users*r.draws) // else it is a wait for the limit
	case data.UniqueBlock:
		r.options.Block = rapid.IntRange(1, 5).Draw(t, "block")
	}
	r.options.OutOfValues = rapid.SampledFrom(allowed).Draw(t, "rule")
	return r
}

// seen is what one user got: by iteration, by draw.
type seen [][]int

// do lets all users draw, each in a goroutine, and returns what they got and what the feeder noted.
func (r run) do(t *testing.T) (all map[string]seen, holdings []data.Holding, errs []error) {
	t.Helper()
	f, err := data.New("users", rows(r.rows), r.options)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	begin := make(chan struct{})
	all = map[string]seen{}
	for i := range r.users {
		wait.Go(func() {
			<-begin
			u := data.NewUser(t.Context(), fmt.Sprint("u", i+1))
			defer u.End()
			mine, err := r.user(t.Context(), f, u)
			mu.Lock()
			defer mu.Unlock()
			all[u.Name()] = mine
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	close(begin)
	wait.Wait()
	holdings, forgotten := f.Holdings()
	if forgotten != 0 {
		t.Fatalf("%d holdings forgotten", forgotten)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return all, holdings, errs
}

func (r run) user(ctx context.Context, f *data.Feeder, u *data.User) (mine seen, err error) {
	for range r.iterations {
		end := u.Begin(ctx)
		mine = append(mine, nil)
		for range r.draws {
			row, err := f.Draw(ctx, u)
			if err != nil {
				end()
				return mine, err
			}
			mine[len(mine)-1] = append(mine[len(mine)-1], row.Number)
		}
		end()
	}
	return mine, nil
}

// TestPropertyPolicies runs users at the same time under any policy, update and rule, and checks what is promised.
func TestPropertyPolicies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		all, holdings, errs := r.do(t)
		for _, problem := range slices.Concat(r.checkErrors(errs), r.checkUpdate(all), r.checkHoldings(all, holdings), r.checkPolicy(all, holdings), r.checkEnough(t, errs)) {
			rt.Errorf("%+v: %s", r, problem)
		}
	})
}

func (r run) checkErrors(errs []error) (problems []string) {
	for _, err := range errs {
		want := data.ErrFailRun
		if r.options.OutOfValues == data.StopUser {
			want = data.ErrStopUser
		}
		if !errors.Is(err, data.ErrOutOfValues) || !errors.Is(err, want) {
			problems = append(problems, err.Error())
		}
		if r.options.Policy == data.Circular || r.options.Policy == data.Random || r.options.Policy == data.Lease {
			problems = append(problems, "ran out: "+err.Error())
		}
	}
	return problems
}

// checkUpdate: a new value comes when it should, and not before.
func (r run) checkUpdate(all map[string]seen) (problems []string) {
	for name, mine := range all {
		for i, iteration := range mine {
			for _, number := range iteration {
				if r.options.Update == data.EachIteration && number != iteration[0] || r.options.Update == data.Once && number != mine[0][0] {
					problems = append(problems, fmt.Sprintf("%s in iteration %d got %v of %v", name, i+1, iteration, mine))
				}
			}
		}
	}
	return problems
}

// fresh are the values that the user drew anew, in order.
func (r run) fresh(mine seen) (numbers []int) {
	for i, iteration := range mine {
		for j, number := range iteration {
			switch {
			case r.options.Update == data.Once && i+j > 0, r.options.Update == data.EachIteration && j > 0:
			default:
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}

// checkHoldings: the records say what happened, nobody holds anything now, and they are in order.
func (r run) checkHoldings(all map[string]seen, holdings []data.Holding) (problems []string) {
	noted := map[string][]int{}
	for i, h := range holdings {
		noted[h.User] = append(noted[h.User], h.Row.Number)
		if h.To.IsZero() || h.To.Before(h.From) || h.Number != uint64(i+1) || i > 0 && h.From.Before(holdings[i-1].From) {
			problems = append(problems, fmt.Sprintf("record %d: %v", i, h))
		}
	}
	for name, mine := range all {
		if !slices.Equal(noted[name], r.fresh(mine)) {
			problems = append(problems, fmt.Sprintf("%s got %v, noted %v", name, r.fresh(mine), noted[name]))
		}
	}
	return problems
}

func (r run) checkPolicy(all map[string]seen, holdings []data.Holding) (problems []string) {
	var dealt []int // in the order of the feeder
	for _, h := range holdings {
		dealt = append(dealt, h.Row.Number)
	}
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	keeps := r.options.OutOfValues == data.KeepLast
	switch r.options.Policy {
	case data.Sequential, data.Circular, data.Queue:
		for i, number := range dealt {
			if number != i%r.rows+1 && (!keeps || i < r.rows) {
				wrong("draw %d gave row %d: %v", i+1, number, dealt)
			}
		}
	case data.Shuffle:
		for round := range slices.Chunk(dealt, r.rows) {
			if once := slices.Compact(slices.Sorted(slices.Values(round))); len(once) != len(round) && (!keeps || len(dealt) <= r.rows) {
				wrong("a round has a row twice: %v", round)
			}
			if keeps {
				break
			}
		}
	case data.OncePerUser:
		for name, mine := range all {
			for i, number := range r.fresh(mine) {
				if number != min(i+1, r.rows) {
					wrong("%s got %v", name, r.fresh(mine))
				}
			}
		}
	case data.UniqueBlock:
		r.checkBlocks(all, wrong)
	}
	if r.options.Policy == data.Lease || r.options.Policy == data.Queue || r.options.Policy == data.UniqueBlock {
		checkOneHolder(holdings, wrong)
	}
	return problems
}

// checkOneHolder: no two users ever have a value at the same time.
func checkOneHolder(holdings []data.Holding, wrong func(string, ...any)) {
	for i, a := range holdings {
		for _, b := range holdings[i+1:] {
			if a.Row.Number == b.Row.Number && a.User != b.User && a.Overlaps(b) {
				wrong("two at once: %v and %v", a, b)
			}
		}
	}
}

func (r run) checkBlocks(all map[string]seen, wrong func(string, ...any)) {
	owner := map[int]string{}
	for name, mine := range all {
		for i, number := range r.fresh(mine) {
			block := (number - 1) / r.options.Block
			if other, taken := owner[block]; taken && other != name {
				wrong("%s and %s share block %d", name, other, block)
			}
			owner[block] = name
			inside := i % r.options.Block
			if r.options.OutOfValues == data.KeepLast {
				inside = min(i, r.options.Block-1)
			}
			if (number-1)%r.options.Block != inside {
				wrong("%s: value %d is row %d of the block: %v", name, i+1, (number-1)%r.options.Block+1, r.fresh(mine))
			}
		}
	}
}

// checkEnough: what is said to be enough before the run is enough, whoever comes first. To keep the last value is not to be
// refused, and helps only those who have one.
func (r run) checkEnough(t *testing.T, errs []error) []string {
	f := feeder(t, rows(r.rows), r.options)
	s, err := f.Enough(data.Need{Users: r.users, Iterations: r.iterations, Draws: r.draws})
	switch {
	case err != nil && !errors.Is(err, data.ErrNotEnough):
		return []string{err.Error()}
	case err == nil && len(errs) > 0 && r.options.OutOfValues != data.KeepLast:
		return []string{fmt.Sprintf("%v, and then: %v", s, errs[0])}
	case err != nil && len(errs) == 0 && r.options.Policy != data.Lease:
		return []string{fmt.Sprintf("%v, and then there was enough", s)}
	}
	return nil
}

// TestPropertyChanceIsOfTheSeed: what Random gives to a user depends on the seed and on nothing that others do; for Shuffle the
// whole order is that of the seed.
func TestPropertyChanceIsOfTheSeed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		r.options.Policy, r.options.Block, r.options.OutOfValues = data.Random, 0, data.FailRun
		one, _, _ := r.do(t)
		two, _, _ := r.do(t)
		if !maps.EqualFunc(one, two, func(a, b seen) bool { return slices.EqualFunc(a, b, slices.Equal) }) {
			rt.Fatalf("%+v: %v and %v", r, one, two)
		}
		r.options.Policy, r.options.OutOfValues = data.Shuffle, data.StartAgain
		_, first, _ := r.do(t)
		_, second, _ := r.do(t)
		if !slices.EqualFunc(first, second, func(a, b data.Holding) bool { return a.Row.Number == b.Row.Number }) {
			rt.Fatalf("%+v: %v and %v", r, first, second)
		}
	})
}

func TestOtherSeedsAndNamesGiveOtherOrders(t *testing.T) {
	order := func(name string, seed uint64, policy data.Policy) string {
		f, err := data.New(name, rows(50), data.Options{Policy: policy, Seed: seed, Update: data.EachOccurrence})
		if err != nil {
			t.Fatal(err)
		}
		u := user(t, "ada")
		u.Begin(t.Context())
		var all []string
		for range 50 {
			all = append(all, fmt.Sprint(draw(t, f, u)))
		}
		return strings.Join(all, " ")
	}
	for _, policy := range []data.Policy{data.Random, data.Shuffle} {
		base := order("a", 1, policy)
		if base != order("a", 1, policy) || base == order("a", 2, policy) || base == order("b", 1, policy) {
			t.Errorf("%v does not depend on seed and name alone", policy)
		}
	}
}

// TestShuffleDealsEachRowOnceInEachRound, and in another order in the next.
func TestShuffleDealsEachRowOnceInEachRound(t *testing.T) {
	f := feeder(t, rows(40), data.Options{Policy: data.Shuffle, Update: data.EachOccurrence, OutOfValues: data.StartAgain})
	u := user(t, "ada")
	u.Begin(t.Context())
	var rounds [2][]int
	for round := range rounds {
		for range 40 {
			rounds[round] = append(rounds[round], draw(t, f, u))
		}
		if sorted := slices.Sorted(slices.Values(rounds[round])); len(slices.Compact(sorted)) != 40 {
			t.Errorf("round %v", rounds[round])
		}
	}
	if slices.Equal(rounds[0], rounds[1]) || slices.IsSortedFunc(rounds[0], cmp.Compare) {
		t.Errorf("not shuffled: %v", rounds)
	}
}

// TestPropertyLinkedRowsFollow: the rows of a linked feeder have the number of the row that leads, in whatever order one draws.
func TestPropertyLinkedRowsFollow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		if r.options.Policy == data.Lease {
			r.draws = 1
		}
		lead := feeder(t, rows(r.rows), r.options)
		linked, err := data.New("linked", rows(r.rows), data.Options{Follow: lead})
		if err != nil {
			rt.Fatal(err)
		}
		var wait sync.WaitGroup
		for i := range r.users {
			wait.Go(func() {
				u := data.NewUser(t.Context(), fmt.Sprint("u", i))
				defer u.End()
				for j := range r.iterations {
					u.Begin(t.Context())
					first, second := lead, linked
					if j%2 == 1 {
						first, second = linked, lead
					}
					a, err := first.Draw(t.Context(), u)
					if err != nil {
						return // out of values
					}
					if second == lead && r.options.Update == data.EachOccurrence {
						continue // a new value
					}
					b, err := second.Draw(t.Context(), u)
					if err != nil || a.Number != b.Number {
						t.Errorf("%+v: row %v and %v, error %v", r, a, b, err)
					}
				}
			})
		}
		wait.Wait()
	})
}

// TestTheCheckFindsASharedValue: what is silent for Lease speaks for a feeder that is wrongly shared.
func TestTheCheckFindsASharedValue(t *testing.T) {
	for policy, want := range map[data.Policy]bool{data.Circular: true, data.Lease: false} {
		f := feeder(t, rows(2), data.Options{Policy: policy})
		ada, bob, cyd := user(t, "ada"), user(t, "bob"), user(t, "cyd")
		for _, u := range []*data.User{ada, bob} {
			u.Begin(t.Context())
			draw(t, f, u)
		}
		cyd.Begin(t.Context())
		if policy == data.Lease {
			ada.End()
		}
		draw(t, f, cyd)
		found := false
		all, _ := f.Holdings()
		checkOneHolder(all, func(string, ...any) { found = true })
		if found != want {
			t.Errorf("%v: found %v, want %v", policy, found, want)
		}
	}
}
