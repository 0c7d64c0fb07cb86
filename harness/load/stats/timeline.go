package stats

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

// timeline has what ended in each second of a run. When there are too many buckets, pairs of them become one: a run
// of a day needs no more memory than one of ten minutes, and has longer buckets.
type timeline struct {
	width   time.Duration
	buckets []*moment // nil where nothing ended
}

// moment is a bucket: its times have two digits, which a plot does not outdo.
type moment struct {
	ok, ko, interrupted int64
	sent, received      int64
	times               *hdrhistogram.PackedHistogram // from the intended start
}

const momentDigits = 2

// at is the bucket of a time since the start.
func (t *timeline) at(since time.Duration, limit int) *moment {
	since = max(since, 0)
	for int(since/t.width) >= limit {
		t.coarsen()
	}
	i := int(since / t.width)
	for len(t.buckets) <= i {
		t.buckets = append(t.buckets, nil)
	}
	if t.buckets[i] == nil {
		t.buckets[i] = &moment{times: hdrhistogram.NewPacked(lowest, highest, momentDigits)}
	}
	return t.buckets[i]
}

// coarsen makes one bucket of two.
func (t *timeline) coarsen() {
	t.width *= 2
	half := t.buckets[:0]
	for i := 0; i < len(t.buckets); i += 2 {
		b := t.buckets[i]
		if i+1 < len(t.buckets) {
			b = b.merge(t.buckets[i+1])
		}
		half = append(half, b)
	}
	clear(t.buckets[len(half):])
	t.buckets = half
}

// merge adds another bucket; either may be nil, and the result is the first where there is one.
func (m *moment) merge(from *moment) *moment {
	switch {
	case from == nil:
		return m
	case m == nil:
		m = &moment{times: hdrhistogram.NewPacked(lowest, highest, momentDigits)}
	}
	m.ok += from.ok
	m.ko += from.ko
	m.interrupted += from.interrupted
	m.sent += from.sent
	m.received += from.received
	m.times.Merge(from.times)
	return m
}

func (m *moment) record(s *virtual.Sample, intended time.Duration) {
	m.sent += s.Sent
	m.received += s.Received
	switch s.Class {
	case virtual.OK:
		m.ok++
	case virtual.Interrupted:
		m.interrupted++
		return
	default:
		m.ko++
	}
	_ = m.times.RecordValue(min(max(int64(intended), 0), highest)) // it is in range
}

// merge adds another timeline, which stays as it is.
func (t *timeline) merge(from *timeline) {
	for t.width < from.width {
		t.coarsen()
	}
	ratio := int(t.width / from.width)
	for i, b := range from.buckets {
		for len(t.buckets) <= i/ratio {
			t.buckets = append(t.buckets, nil)
		}
		t.buckets[i/ratio] = t.buckets[i/ratio].merge(b)
	}
}
