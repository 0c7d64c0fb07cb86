package profile

import (
	"github.com/seed49090845/lockstep/harness/internal/nearest"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// kind is what a call wants in its parentheses.
type kind int

const (
	nothing kind = iota
	aCount
	aRate
	aDuration
)

// value is an argument that was read; which field depends on its kind.
type value struct {
	count    int
	rate     float64
	duration time.Duration
}

const durationHint = "write a duration as 5 (seconds), 1.5s, 500ms or 10.minutes"

// read gives the value of a call's argument.
func (k kind) read(c call) (v value, p *problem) {
	tokens, at := c.argument.tokens, c.argument.at
	switch {
	case k == nothing && len(tokens) > 0:
		return v, refuse(at, "", "%s takes nothing in its parentheses", c.name.text)
	case k == nothing:
		return v, nil
	case len(tokens) == 0:
		return v, refuse(at, k.hint(), "%s wants %s in parentheses", c.name.text, k)
	case tokens[0].kind != numberToken:
		return v, refuse(tokens[0].at, k.hint(), "%s wants %s, got %s", c.name.text, k, tokens[0])
	case strings.HasPrefix(tokens[0].text, "-"):
		return v, refuse(at, "", "%s wants %s that is not negative, got %s", c.name.text, k, clip(tokens[0].text))
	case k == aDuration:
		v.duration, p = readDuration(tokens, at)
		return v, p
	case len(tokens) > 1:
		return v, refuse(tokens[1].at, "", "%s wants %s alone, got %s after it", c.name.text, k, tokens[1])
	case k == aRate:
		rate, err := strconv.ParseFloat(tokens[0].text, 64)
		if err != nil {
			return v, refuse(at, "", "%s is too large", clip(tokens[0].text))
		}
		return value{rate: rate}, nil
	}
	if strings.Contains(tokens[0].text, ".") {
		return v, refuse(at, "", "%s wants %s, got %s", c.name.text, k, clip(tokens[0].text))
	}
	count, err := strconv.Atoi(tokens[0].text)
	if err != nil {
		return v, refuse(at, atMostUsers, "%s: %s is too large", c.name.text, clip(tokens[0].text))
	}
	return value{count: count}, nil
}

func (k kind) String() string {
	return [...]string{"nothing", "a whole number", "a number", "a duration"}[k]
}

func (k kind) hint() string {
	if k == aDuration {
		return durationHint
	}
	return ""
}

// units in nanoseconds, by every name that is read.
var units = map[string]time.Duration{}

func init() {
	for d, names := range map[time.Duration]string{
		time.Nanosecond:  "ns nano nanos nanosecond nanoseconds",
		time.Microsecond: "us µs μs micro micros microsecond microseconds",
		time.Millisecond: "ms milli millis millisecond milliseconds",
		time.Second:      "s sec second seconds",
		time.Minute:      "m min minute minutes",
		time.Hour:        "h hour hours",
		24 * time.Hour:   "d day days",
	} {
		for name := range strings.FieldsSeq(names) {
			units[name] = d
		}
	}
}

// readDuration adds up numbers and their units; a number alone is seconds. What is below a nanosecond is cut off.
func readDuration(tokens []token, at span) (time.Duration, *problem) {
	sum := new(big.Rat)
	for i := 0; i < len(tokens); i += 2 {
		amount, unit, p := readPart(tokens[i:], len(tokens) > 1)
		if p != nil {
			return 0, p
		}
		sum.Add(sum, amount.Mul(amount, new(big.Rat).SetInt64(int64(unit))))
	}
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	if !whole.IsInt64() || whole.Int64() > int64(MaxDuration) {
		return 0, refuse(at, atMostDuration, "%s is too long", clip(written(tokens)))
	}
	return time.Duration(whole.Int64()), nil
}

func written(tokens []token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.text
	}
	return strings.Join(texts, " ")
}

func readPart(tokens []token, wantUnit bool) (*big.Rat, time.Duration, *problem) {
	number := tokens[0]
	if number.kind != numberToken || strings.HasPrefix(number.text, "-") {
		return nil, 0, refuse(number.at, durationHint, "want a number, got %s", number)
	}
	amount, ok := new(big.Rat).SetString(number.text)
	if !ok {
		return nil, 0, refuse(number.at, "", "%s is no number", number)
	}
	if len(tokens) == 1 {
		if wantUnit {
			return nil, 0, refuse(number.at, durationHint, "%s has no unit", number)
		}
		return amount, time.Second, nil
	}
	if tokens[1].kind != nameToken {
		return nil, 0, refuse(tokens[1].at, durationHint, "want a unit, got %s", tokens[1])
	}
	unit, known := units[tokens[1].text]
	if !known {
		return nil, 0, refuse(tokens[1].at, nearest.Hint(tokens[1].text, unitNames), "unknown unit %s", tokens[1])
	}
	return amount, unit, nil
}

var unitNames = []string{
	"ns", "us", "ms", "s", "m", "h", "d",
	"nanoseconds", "microseconds", "milliseconds", "seconds", "minutes", "hours", "days",
}
