package report

import (
	"math"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
)

// barsPerDecade is how many ranges there are from a time to ten times that. Response times spread over orders of
// magnitude, so ranges grow with them.
const barsPerDecade = 20

// distribution has a bar for each range from the shortest to the longest time, empty ones included.
func distribution(f *stats.Figures) []Bar {
	all := f.All()
	shortest, ok := all.Intended.Min()
	longest, _ := all.Intended.Max()
	if !ok {
		return []Bar{}
	}
	first, last := exponent(shortest), exponent(longest)
	bounds := make([]time.Duration, 0, last-first+2)
	for e := first; e <= last+1; e++ {
		bounds = append(bounds, boundOf(e))
	}
	good, bad := f.OK.Intended.Counts(bounds), f.KO.Intended.Counts(bounds)
	bars := make([]Bar, 0, len(bounds))
	for i := range bounds {
		from := 0.0
		if i > 0 {
			from = milliseconds(bounds[i-1])
		}
		bars = append(bars, Bar{FromMS: from, ToMS: milliseconds(bounds[i]), OK: good[i], KO: bad[i]})
	}
	for len(bars) > 1 && bars[0].OK+bars[0].KO == 0 {
		bars = bars[1:]
	}
	for len(bars) > 1 && bars[len(bars)-1].OK+bars[len(bars)-1].KO == 0 {
		bars = bars[:len(bars)-1]
	}
	return bars
}

func exponent(d time.Duration) int {
	us := max(float64(d)/float64(time.Microsecond), 1)
	return int(math.Floor(math.Log10(us) * barsPerDecade))
}

func boundOf(exponent int) time.Duration {
	return time.Duration(math.Pow(10, float64(exponent)/barsPerDecade) * float64(time.Microsecond))
}
