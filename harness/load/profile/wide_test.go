package profile

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func bigOf(w wide) *big.Int {
	n := new(big.Int).SetUint64(w.high)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(w.low))
}

// TestWideAgainstBig compares with math/big.
func TestWideAgainstBig(t *testing.T) {
	word := rapid.Uint64()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		d := rapid.Uint64Range(max(1, c), 1<<64-1).Draw(t, "d") // a quotient that fits
		want := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		ab := product(a, b)
		if bigOf(ab).Cmp(want) != 0 {
			t.Fatalf("%d · %d = %d, got %d", a, b, want, bigOf(ab))
		}
		want.Mul(want, new(big.Int).SetUint64(c))
		want, rest := want.QuoRem(want, new(big.Int).SetUint64(d), new(big.Int))
		if got, more := productOver(a, b, c, d); bigOf(got).Cmp(want) != 0 || more != (rest.Sign() > 0) {
			t.Fatalf("%d · %d · %d / %d = %d rest %d, got %d, %t", a, b, c, d, want, rest, bigOf(got), more)
		}
		x, y := product(a, c/2), product(b, c/3)
		if sum := x.plus(y); bigOf(sum).Cmp(new(big.Int).Add(bigOf(x), bigOf(y))) != 0 || sum.minus(y) != x {
			t.Fatalf("%v + %v = %v", x, y, sum)
		}
		if x.less(y) != (bigOf(x).Cmp(bigOf(y)) < 0) {
			t.Fatalf("%v < %v is %t", x, y, x.less(y))
		}
	})
}

// TestExtremeSegments has the largest rates and durations that are accepted, in both directions: the whole numbers
// must not overflow, and first and last must be each other's neighbours.
func TestExtremeSegments(t *testing.T) {
	const top = MaxRate * ratePerSecond
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.Just(uint64(0)), rapid.Just(uint64(1)), rapid.Just(uint64(top)), rapid.Uint64Range(0, top))
		length := rapid.OneOf(rapid.Just(int64(1)), rapid.Just(int64(MaxDuration)), rapid.Int64Range(1, int64(MaxDuration)))
		s := segment{rate.Draw(t, "from"), rate.Draw(t, "to"), time.Duration(length.Draw(t, "length"))}
		total := s.total()
		if whole, rest := s.areaUntil(s.length); whole != total || rest {
			t.Fatalf("the area at the end is %v, rest %t, want %v", whole, rest, total)
		}
		if total == (wide{}) {
			return
		}
		part := rapid.Uint64Range(1, 1<<32).Draw(t, "part of 2^32")
		target, _ := productOver(total.low, part, 1, 1<<32)
		target = target.plus(product(total.high, part<<32))
		if target == (wide{}) || total.less(target) {
			target = total
		}
		last := s.last(target)
		if s.exceeds(last, target) || last < s.length && !s.exceeds(last+1, target) {
			t.Fatalf("last(%v) = %d of %d", target, last, s.length)
		}
		first := s.first(target)
		reached := func(at time.Duration) bool {
			whole, _ := s.areaUntil(at)
			return !whole.less(target)
		}
		if first > s.length || !reached(first) || first > 0 && reached(first-1) {
			t.Fatalf("first(%v) = %d of %d", target, first, s.length)
		}
	})
}
