package data_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed49090845/lockstep/harness/data"
)

// BenchmarkDraw draws a value in each iteration, on all processors at once.
func BenchmarkDraw(b *testing.B) {
	for _, o := range []data.Options{{Policy: data.Circular}, {Policy: data.Random}, {Policy: data.Lease}} {
		b.Run(o.Policy.String(), func(b *testing.B) {
			f := feeder(b, rows(10_000), o)
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				u := user(b, fmt.Sprint("vu-", n.Add(1)))
				for pb.Next() {
					end := u.Begin(b.Context())
					if _, err := f.Draw(b.Context(), u); err != nil {
						b.Error(err)
						return
					}
					end()
				}
			})
		})
	}
}

// BenchmarkDrawAgain asks for the value that the user has.
func BenchmarkDrawAgain(b *testing.B) {
	f := feeder(b, rows(10), data.Options{Policy: data.Circular})
	u := user(b, "ada")
	u.Begin(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Draw(b.Context(), u); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	const lines = 50_000
	content := "user,city,note\n" + strings.Repeat("user-000000001,München,\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n", lines)
	source := data.CSV(file(b, "f.csv", content))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, all, _, err := readAll(source); err != nil || len(all) != lines {
			b.Fatal(err)
		}
	}
}
