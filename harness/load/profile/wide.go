package profile

import "math/bits"

// wide is an unsigned number of 128 bits: areas below a rate need more than 64.
type wide struct{ high, low uint64 }

func product(a, b uint64) wide {
	high, low := bits.Mul64(a, b)
	return wide{high, low}
}

func (w wide) plus(other wide) wide {
	low, carry := bits.Add64(w.low, other.low, 0)
	high, _ := bits.Add64(w.high, other.high, carry)
	return wide{high, low}
}

// minus wants other to be at most w.
func (w wide) minus(other wide) wide {
	low, borrow := bits.Sub64(w.low, other.low, 0)
	high, _ := bits.Sub64(w.high, other.high, borrow)
	return wide{high, low}
}

func (w wide) less(other wide) bool {
	return w.high < other.high || w.high == other.high && w.low < other.low
}

// over divides. It wants the quotient to fit 64 bits.
func (w wide) over(divisor uint64) (quotient, remainder uint64) {
	return bits.Div64(w.high, w.low, divisor)
}

// fits tells whether the quotient fits 63 bits, which are those of a time.
func (w wide) fits(divisor uint64) bool { return w.high < divisor/2 }

func (w wide) float() float64 { return float64(w.high)*(1<<64) + float64(w.low) }

// productOver is a·b·c/divisor, and whether there is a remainder. It wants the quotient to fit 128 bits.
func productOver(a, b, c, divisor uint64) (quotient wide, rest bool) {
	ab := product(a, b)
	low, high := product(ab.low, c), product(ab.high, c)
	middle, carry := bits.Add64(low.high, high.low, 0)
	_, remainder := bits.Div64(0, high.high+carry, divisor)
	quotient.high, remainder = bits.Div64(remainder, middle, divisor)
	quotient.low, remainder = bits.Div64(remainder, low.low, divisor)
	return quotient, remainder > 0
}
