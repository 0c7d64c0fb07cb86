package gateway

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestNothingGrowsForever is about what any page, or a long run, could add to without end.
func TestNothingGrowsForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a again
		for i := range 100 {
			a.expect(fmt.Append(nil, "GET /", i))
			time.Sleep(againWithin / 4)
		}
		if len(a.expected) > 5 {
			t.Errorf("%d requests are expected again", len(a.expected))
		}
		if !a.is([]byte("GET /99")) || a.is([]byte("GET /99")) || a.is([]byte("GET /9")) {
			t.Error("the last is expected, once")
		}
	})
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxLeaves + 10 {
		if _, err := authority.leaf(fmt.Sprint(i, ".test")); err != nil {
			t.Fatal(err)
		}
	}
	if len(authority.leaves) > maxLeaves {
		t.Errorf("%d certificates are kept", len(authority.leaves))
	}
}

func TestPathsAreCutOffAddresses(t *testing.T) {
	for target, want := range map[string]string{
		"http://host": "/", "http://host/a?b": "/a?b", "http://host?b": "/?b", "http://host/a#b?c": "/a", "http://host#a/b": "/", "http://u:p@host/": "/",
	} {
		if got := originForm(target); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}
