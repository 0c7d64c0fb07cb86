package coexist

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// columns is the width of a timeline of text.
const columns = 64

// draw draws the timeline as text: a line for each user, who holds the value where it is thick. Several holdings may be in one character.
func (t Timeline) draw(indent string) string {
	if len(t.Spans) == 0 {
		return ""
	}
	var b strings.Builder
	users, width := t.users()
	fmt.Fprintf(&b, "%sholders from %s to %s (█ holds it, ✗ failed)\n", indent, at(t.From), at(t.To))
	for _, user := range users {
		line := []rune(strings.Repeat("·", columns))
		for _, s := range t.Spans {
			if s.User != user {
				continue
			}
			for i := t.column(s.From); i <= t.column(t.end(s)); i++ {
				line[i] = '█'
			}
		}
		for _, m := range t.Failed {
			if m.User == user {
				line[t.column(m.At)] = '✗'
			}
		}
		fmt.Fprintf(&b, "%s%-*s %s\n", indent, width, user, string(line))
	}
	return b.String()
}

// users are those of the timeline, in the order in which they came, and how long their longest name is.
func (t Timeline) users() (users []string, width int) {
	for _, s := range t.Spans {
		if !slices.Contains(users, s.User) {
			users = append(users, s.User)
			width = max(width, len([]rune(s.User)))
		}
	}
	return users, width
}

func (t Timeline) end(s Span) float64 {
	if s.To == nil {
		return t.To
	}
	return *s.To
}

// part is where a moment is, from 0 to 1.
func (t Timeline) part(at float64) float64 {
	if t.To <= t.From {
		return 0
	}
	return min(max((at-t.From)/(t.To-t.From), 0), 1)
}

func (t Timeline) column(at float64) int { return min(int(t.part(at)*columns), columns-1) }

// Measures of a drawing, in pixels.
const (
	svgWidth  = 720
	svgRow    = 26
	svgTop    = 52
	svgLetter = 7.5 // of the font, in which all are as wide
)

// SVG draws the timeline of the value; it needs nothing but itself. What a pointer is at says who, when, and in which iteration.
func (v *Value) SVG() string {
	t := v.Timeline
	users, width := t.users()
	left := 16 + float64(width)*svgLetter
	x := func(at float64) float64 { return left + t.part(at)*svgWidth }
	height := svgTop + svgRow*len(users) + 32
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" font-family="monospace" font-size="12" role="img">`+"\n",
		left+svgWidth+16, height, left+svgWidth+16, height)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	fmt.Fprintf(&b, `<text x="8" y="22" font-weight="bold">holders of %s</text>`+"\n", escaped(v.Value))
	for i, user := range users {
		y := svgTop + svgRow*i
		fmt.Fprintf(&b, `<text x="8" y="%d">%s</text>`+"\n", y+14, escaped(user))
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ccc"/>`+"\n", left, y+10, left+svgWidth, y+10)
		for _, s := range t.Spans {
			if s.User == user {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="14" fill="#4a7ab5" fill-opacity="0.8"><title>%s</title></rect>`+"\n",
					x(s.From), y+3, max(x(t.end(s))-x(s.From), 1), escaped(s.String()))
			}
		}
		for _, m := range t.Failed {
			if m.User == user {
				fmt.Fprintf(&b, `<path d="M%.1f %d l8 8 m0 -8 l-8 8" stroke="#b00" stroke-width="2.5"><title>%s</title></path>`+"\n",
					x(m.At)-4, y+6, escaped(fmt.Sprintf("%q failed at %s", m.User, at(m.At))))
			}
		}
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#666">%s</text>`+"\n", left, height-10, at(t.From))
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#666" text-anchor="end">%s</text>`+"\n", left+svgWidth, height-10, at(t.To))
	b.WriteString("</svg>\n")
	return b.String()
}

func (s Span) String() string {
	during := ""
	if s.Iteration > 0 {
		during = fmt.Sprintf(" in iteration %d", s.Iteration)
	}
	if s.To == nil {
		return fmt.Sprintf("%q%s from %s to the end", s.User, during, at(s.From))
	}
	return fmt.Sprintf("%q%s from %s to %s", s.User, during, at(s.From), at(*s.To))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder cannot fail
	return b.String()
}
