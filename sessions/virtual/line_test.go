package virtual

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// pair is a line whose other end is in the test's hands.
func pair(t *testing.T) (*line, net.Conn) {
	t.Helper()
	own, other := net.Pipe()
	t.Cleanup(func() { own.Close(); other.Close() })
	return &line{Conn: own}, other
}

func never(context.Context) *Error { return nil }

// TestDeadlinesAreExact has exchanges one after the other, each with a deadline of its own; those that are set for
// earlier ones pass meanwhile.
func TestDeadlinesAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, other := pair(t)
		go func() {
			answer := make([]byte, 1)
			for {
				if _, err := other.Read(answer); err != nil {
					return
				}
				time.Sleep(time.Duration(answer[0]) * time.Second)
				if _, err := other.Write(answer); err != nil {
					return
				}
			}
		}()
		for i, c := range []struct {
			answersIn, limit, pause time.Duration // seconds
			late                    bool
		}{
			{9, 10, 0, false}, {9, 10, 0, false}, {9, 10, 100, false}, {9, 10, 1, false}, {4, 5, 0, false}, {9, 10, 0, false}, {30, 5, 100, true},
		} {
			start := time.Now()
			l.serve(t.Context(), never, start, start.Add(c.limit*time.Second))
			_, err := l.Write([]byte{byte(c.answersIn)})
			if err == nil {
				_, err = l.Read(make([]byte, 1))
			}
			took := time.Since(start)
			if c.late != errors.Is(err, os.ErrDeadlineExceeded) || took != min(c.answersIn, c.limit)*time.Second {
				t.Errorf("exchange %d: %v after %v", i, err, took)
			}
			time.Sleep(c.pause * time.Second)
		}
		l.Close()
		other.Close()
	})
}

// TestInterruptionsAreNotTakenForEarlyDeadlines, and early deadlines not for interruptions.
func TestInterruptionsAreNotTakenForEarlyDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := pair(t)
		ended := func(ctx context.Context) *Error {
			if ctx.Err() != nil {
				return fail(Interrupted, "", ctx.Err())
			}
			return nil
		}
		for _, after := range []time.Duration{time.Second, 15 * time.Second} {
			ctx, cancel := context.WithCancel(t.Context())
			context.AfterFunc(ctx, l.interrupt)
			start := time.Now()
			l.serve(ctx, ended, start, start.Add(20*time.Second))
			time.AfterFunc(after, cancel)
			time.AfterFunc(after/2, l.interrupt) // of somebody who had the line before
			if _, err := l.Read(make([]byte, 1)); err == nil || time.Since(start) != after {
				t.Errorf("%v after %v, want %v", err, time.Since(start), after)
			}
			time.Sleep(time.Minute)
		}
	})
}

func BenchmarkAppendHead(b *testing.B) {
	target, err := NewTarget(Options{BaseURL: "http://shop.example", Header: map[string][]string{"Accept": {"*/*"}, "User-Agent": {"a"}}})
	if err != nil {
		b.Fatal(err)
	}
	u := &User{target: target}
	c := &call{place: place{target.origin, "/items"}, method: "GET", cookies: []byte("a=b")}
	var head []byte
	b.ReportAllocs()
	for b.Loop() {
		head = u.appendHead(head[:0], c)
	}
}
