package harness

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// Measures of a drawing, in pixels.
const (
	svgRow    = 28
	svgTop    = 56
	svgLeft   = 44
	svgLetter = 7.5 // of the font, in which all are as wide
	svgPad    = 28
)

// drawSVG draws events as a sequence diagram: a column for each session, time going down. It needs nothing but itself.
func drawSVG(sessions []string, events []schedule.Event) string {
	sessions = slices.Clone(sessions)
	for _, e := range events {
		if !slices.Contains(sessions, e.Session) {
			sessions = append(sessions, e.Session)
		}
	}
	at, width := columns(sessions, events)
	height := svgTop + svgRow*(len(events)+1)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="monospace" font-size="12">`+"\n", width, height, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, name := range sessions {
		fmt.Fprintf(&b, `<text x="%d" y="28" font-weight="bold">%s</text>`+"\n", at[i]-4, escaped(name))
		fmt.Fprintf(&b, `<line x1="%d" y1="38" x2="%d" y2="%d" stroke="#bbb"/>`+"\n", at[i], at[i], height-svgRow/2)
	}
	for i, e := range events {
		x, y := at[slices.Index(sessions, e.Session)], svgTop+svgRow*i
		colour := "#333"
		if e.Point == (schedule.Point{}) {
			colour = "#b00"
		}
		fmt.Fprintf(&b, `<text x="8" y="%d" fill="#888">%d</text>`+"\n", y+4, i+1)
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="4" fill="%s"/>`+"\n", x, y, colour)
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", x+10, y+4, colour, escaped(eventLabel(e)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// columns are where the sessions' lines are, and how wide all is.
func columns(sessions []string, events []schedule.Event) (at []int, width int) {
	x := svgLeft
	for _, name := range sessions {
		at = append(at, x)
		longest := len([]rune(name))
		for _, e := range events {
			if e.Session == name {
				longest = max(longest, len([]rune(eventLabel(e)))+2)
			}
		}
		x += int(float64(longest)*svgLetter) + svgPad
	}
	return at, x
}

func eventLabel(e schedule.Event) string {
	label := e.Point.What
	if e.Point.Nth > 1 {
		label = fmt.Sprintf("%s#%d", label, e.Point.Nth)
	}
	switch {
	case e.Note == "":
		return label
	case label == "":
		return e.Note
	}
	return label + ": " + e.Note
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder cannot fail
	return b.String()
}
