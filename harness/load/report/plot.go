package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// The size of a plot; the page scales it.
const (
	plotWidth, plotHeight = 720.0, 230.0
	left, right           = 58.0, 710.0
	top, bottom           = 12.0, 202.0
)

// plot draws SVG. Colours are classes of the page.
type plot struct {
	b    strings.Builder
	x, y axis
}

// newPlot draws the grid.
func newPlot(x, y axis, xLabel, yLabel func(float64) string) *plot {
	p := &plot{x: x, y: y}
	p.add(`<svg viewBox="0 0 %g %g" role="img">`, plotWidth, plotHeight)
	for _, v := range y.ticks(4) {
		at := y.at(v)
		p.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, right, at, at)
		p.add(`<text class="tick end" x="%.1f" y="%.1f">%s</text>`, left-6, at+4, template.HTMLEscapeString(yLabel(v)))
	}
	for _, v := range x.ticks(8) {
		at := x.at(v)
		p.add(`<line class="mark" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, at, at, bottom, bottom+4)
		p.add(`<text class="tick mid" x="%.1f" y="%.1f">%s</text>`, at, bottom+18, template.HTMLEscapeString(xLabel(v)))
	}
	p.add(`<line class="base" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, right, bottom, bottom)
	return p
}

func (p *plot) add(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// svg ends the drawing.
func (p *plot) svg() template.HTML {
	p.b.WriteString("</svg>")
	return template.HTML(p.b.String()) // numbers of ours, and texts that are escaped
}

// bar goes from one value to another, over a range of the other axis.
func (p *plot) bar(class string, from, to, low, high float64) {
	x, y := p.x.at(from), p.y.at(high)
	width := p.x.at(to) - x
	if gap := min(1, width/5); width > 2 {
		x, width = x+gap/2, width-gap
	}
	p.add(`<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, class, x, y, max(width, 0.5), max(p.y.at(low)-y, 0))
}

// column is what a pointer finds over a range of the horizontal axis.
func (p *plot) column(from, to float64, text string) {
	x := p.x.at(from)
	p.add(`<rect class="over" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s</title></rect>`, x, top, max(p.x.at(to)-x, 0.5), bottom-top,
		template.HTMLEscapeString(text))
}

// step is a value from one place to another.
type step struct{ from, to, v float64 }

// path goes along steps that follow each other.
func (p *plot) path(steps []step, backwards bool) string {
	var b strings.Builder
	for i := range steps {
		s := steps[i]
		if backwards {
			s = steps[len(steps)-1-i]
			s.from, s.to = s.to, s.from
		}
		fmt.Fprintf(&b, " L%.2f %.2f L%.2f %.2f", p.x.at(s.from), p.y.at(s.v), p.x.at(s.to), p.y.at(s.v))
	}
	return strings.TrimPrefix(b.String(), " L")
}

// line draws each run of steps that follow each other without a gap.
func (p *plot) line(class string, steps []step) {
	for _, run := range runs(steps) {
		p.add(`<path class="line %s" d="M%s"/>`, class, p.path(run, false))
	}
}

// band fills between two lines with the same steps.
func (p *plot) band(class string, low, high []step) {
	lower := runs(low)
	for i, run := range runs(high) {
		p.add(`<path class="band %s" d="M%s L%sZ"/>`, class, p.path(run, false), p.path(lower[i], true))
	}
}

func runs(steps []step) [][]step {
	var list [][]step
	first := 0
	for i := 1; i <= len(steps); i++ {
		if i == len(steps) || steps[i].from > steps[i-1].to+1 {
			list = append(list, steps[first:i])
			first = i
		}
	}
	return list
}

// marker is a vertical line with a text at its top.
func (p *plot) marker(at float64, text string, row int) {
	x, y := p.x.at(at), top+10+float64(row)*13
	p.add(`<line class="marker" x1="%.2f" x2="%.2f" y1="%.1f" y2="%.1f"/>`, x, x, top, bottom)
	class, shift := "start", 4.0
	if x > right-80 {
		class, shift = "end", -4
	}
	p.add(`<text class="label %s" x="%.2f" y="%.1f">%s</text>`, class, x+shift, y, template.HTMLEscapeString(text))
}

// point is a value at a place.
type point struct{ at, v float64 }

// curve goes from point to point.
func (p *plot) curve(class string, points []point) {
	p.add(`<path class="line %s" d="M%s"/>`, class, p.through(points))
}

// area fills between two curves with the same places.
func (p *plot) area(class string, low, high []point) {
	back := slices.Clone(low)
	slices.Reverse(back)
	p.add(`<path class="band %s" d="M%s L%sZ"/>`, class, p.through(high), p.through(back))
}

func (p *plot) through(points []point) string {
	places := make([]string, len(points))
	for i, one := range points {
		places[i] = fmt.Sprintf("%.2f %.2f", p.x.at(one.at), p.y.at(one.v))
	}
	return strings.Join(places, " L")
}

// dot is a point that a pointer finds.
func (p *plot) dot(class string, at point, text string) {
	p.add(`<circle class="%s" cx="%.2f" cy="%.2f" r="4"><title>%s</title></circle>`, class, p.x.at(at.at), p.y.at(at.v), template.HTMLEscapeString(text))
}
