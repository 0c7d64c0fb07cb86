package report

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed49090845/lockstep/harness"
)

// The size of the picture, for half a page; fonts fit it.
const (
	sweepWidth  = 18 * vg.Centimeter
	sweepHeight = 10 * vg.Centimeter
)

// Greys, so that the picture says the same in black and white.
var (
	ink  = color.Black
	band = color.Gray{Y: 0xdd}
	rule = color.Gray{Y: 0x88}
)

// SweepSVG draws a sweep: how often an invariant was violated, in per cent of the rounds, over the offset in milliseconds,
// with the band in which the probability is with 95 % confidence, and the window. It draws a sweep that was stopped as far as
// that got. Errors are the writer's.
func SweepSVG(w io.Writer, r *harness.SweepResult) error {
	p := sweepFrame(r)
	rate, low, high := sweepCurves(r)
	if len(rate) > 0 {
		if err := drawSweep(p, rate, low, high); err != nil {
			return fmt.Errorf("draw the sweep of %q: %w", r.Scenario, err)
		}
	}
	if from, to, ok := r.Window(); ok {
		p.Add(edge(from))
		if to != from {
			p.Add(edge(to))
		}
	}
	canvas := vgsvg.New(sweepWidth, sweepHeight)
	p.Draw(draw.Crop(draw.New(canvas), 3*vg.Millimeter, -3*vg.Millimeter, 2*vg.Millimeter, -2*vg.Millimeter))
	if _, err := canvas.WriteTo(w); err != nil {
		return fmt.Errorf("write the sweep of %q: %w", r.Scenario, err)
	}
	return nil
}

// sweepFrame is the picture without its figures.
func sweepFrame(r *harness.SweepResult) *plot.Plot {
	first, second := "the first", "the second"
	if len(r.Racers) == 2 {
		first, second = r.Racers[0], r.Racers[1]
	}
	p := plot.New()
	p.Title.Text = lines(r.Scenario)
	p.Title.Padding = 3 * vg.Millimeter
	p.X.Label.Text = lines(fmt.Sprintf("%s's request released after %s's (ms; negative: before)", first, second)) + "\n\n" + lines(sweepCaption(r))
	p.X.Tick.Marker = offsetTicks{}
	p.Y.Label.Text = "rounds with a violation (%)"
	p.Y.Min, p.Y.Max = 0, 120 // room for the legend
	p.Y.Tick.Marker = plot.ConstantTicks([]plot.Tick{
		{Value: 0, Label: "0"}, {Value: 25, Label: "25"}, {Value: 50, Label: "50"}, {Value: 75, Label: "75"}, {Value: 100, Label: "100"},
	})
	p.Title.TextStyle.Font.Weight = xfont.WeightBold
	for _, f := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		f.Variant = "Sans"
	}
	p.X.Label.Padding, p.Legend.Padding = vg.Millimeter, vg.Millimeter
	p.X.Padding, p.Y.Padding, p.Legend.Top = vg.Millimeter, vg.Millimeter, true
	p.Add(plotter.NewGrid())
	return p
}

// offsetTicks are at most a dozen, at 1, 2 or 5 of a power of ten.
type offsetTicks struct{}

// Ticks implements plot.Ticker.
func (offsetTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	const most = 12
	step := math.Pow(10, math.Floor(math.Log10((high-low)/most)))
	for _, factor := range []float64{2, 2.5, 2, 2} { // 1, 2, 5, 10, 20
		if (high-low)/step <= most {
			break
		}
		step *= factor
	}
	for n := math.Ceil(low / step); n <= math.Floor(high/step); n++ {
		at := n * step
		ticks = append(ticks, plot.Tick{Value: at, Label: strconv.FormatFloat(at, 'g', 6, 64)})
	}
	return ticks
}

// lines breaks a text where it is too long for the picture, and takes out what XML cannot have.
func lines(text string) string {
	const columns = 80
	var b strings.Builder
	used := 0
	for _, word := range strings.FieldsFunc(strings.ToValidUTF8(text, "\ufffd"), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		switch width := utf8.RuneCountInString(word); {
		case used == 0:
			used = width
		case used+1+width > columns:
			b.WriteByte('\n')
			used = width
		default:
			b.WriteByte(' ')
			used += 1 + width
		}
		b.WriteString(word)
	}
	return b.String()
}

func sweepCaption(r *harness.SweepResult) string {
	if len(r.Offsets) == 0 {
		return cmp.Or(r.Stopped, "no offsets")
	}
	return r.WindowInWords()
}

// sweepCurves are the rate and its bounds, at the offsets that have one.
func sweepCurves(r *harness.SweepResult) (rate, low, high plotter.XYs) {
	for _, at := range r.Offsets {
		if at.Rounds == 0 {
			continue
		}
		x := milliseconds(at.Asked)
		rate = append(rate, plotter.XY{X: x, Y: 100 * at.Rate})
		low = append(low, plotter.XY{X: x, Y: 100 * at.Low})
		high = append(high, plotter.XY{X: x, Y: 100 * at.High})
	}
	return rate, low, high
}

func drawSweep(p *plot.Plot, rate, low, high plotter.XYs) error {
	around := append(plotter.XYs{}, low...)
	for i := range high {
		around = append(around, high[len(high)-1-i])
	}
	confidence, err := plotter.NewPolygon(around)
	if err != nil {
		return err
	}
	confidence.Color, confidence.LineStyle = band, draw.LineStyle{Color: rule, Width: vg.Points(0.5)}
	line, points, err := plotter.NewLinePoints(rate)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: ink, Width: vg.Points(1.2)}
	points.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
	p.Add(confidence, line, points)
	p.Legend.Add("share of the rounds", line, points)
	p.Legend.Add("95 % confidence", confidence)
	return nil
}

// edge is where the window begins or ends.
func edge(at time.Duration) plot.Plotter {
	line, _ := plotter.NewLine(plotter.XYs{{X: milliseconds(at), Y: 0}, {X: milliseconds(at), Y: 100}}) // two points cannot fail
	line.LineStyle = draw.LineStyle{Color: rule, Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(4), vg.Points(3)}}
	return line
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
