package diagram_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/diagram"
)

func ExampleText() {
	point := func(session, what string, nth int) schedule.Point {
		return schedule.Point{Session: session, What: what, Nth: nth}
	}
	fmt.Print(diagram.Text([]string{"owner", "colleague"}, []schedule.Event{
		{Session: "owner", Point: point("owner", "GET /edit", 1), Note: "200"},
		{Session: "colleague", Point: point("colleague", "POST /contacts", 1), Note: "201"},
		{Session: "owner", Point: point("owner", "POST /rename", 2), Note: "200, should be 409"},
		{Session: "colleague", Note: "sees the old name"},
	}))
	// Output:
	//    owner                                  colleague
	//    │                                      │
	// 1  ├─ GET /edit: 200                      │
	//    │                                      │
	// 2  │                                      ├─ POST /contacts: 201
	//    │                                      │
	// 3  ├─ POST /rename#2: 200, should be 409  │
	//    │                                      │
	// 4  │                                      ├─ sees the old name
}

// Whatever the texts are, each event has two lines, and the lifelines are below each other.
func TestPropertyColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sessions := []string{"a", "Zoë", rapid.String().Draw(t, "name")}
		var events []schedule.Event
		for range rapid.IntRange(0, 12).Draw(t, "events") {
			events = append(events, schedule.Event{
				Session: rapid.SampledFrom(sessions).Draw(t, "session"),
				Note:    rapid.String().Draw(t, "note"),
			})
		}
		text := diagram.Text(sessions[:2], events)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) != 1+2*len(events) || !utf8.ValidString(text) {
			t.Fatalf("%d lines for %d events:\n%s", len(lines), len(events), text)
		}
		if len(events) == 0 {
			return
		}
		want := []rune(lines[1])
		for i := 2; i < len(lines); i++ {
			line := []rune(lines[i])
			for column, r := range want {
				if r == '│' && line[column] != '│' && line[column] != '├' {
					t.Fatalf("line %d, column %d:\n%s", i+1, column+1, text)
				}
			}
		}
	})
}
