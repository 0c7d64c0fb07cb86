package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/report"
)

// swept is a sweep with these rates, from -2 ms on in steps of 0.5 ms; a negative one is of an offset at which no round
// counted.
func swept(rates ...float64) *harness.SweepResult {
	r := &harness.SweepResult{
		RaceInfo: harness.RaceInfo{Scenario: "rename a phonebook / add a contact to it", Racers: []string{"owner", "colleague"}},
		Step:     500 * time.Microsecond,
	}
	for i, rate := range rates {
		at := harness.Offset{Asked: time.Duration(i-4) * r.Step}
		if rate >= 0 {
			at.Rounds, at.Violations = 10, int(10*rate)
			at.Rate, at.Low, at.High = rate, rate*0.8, 0.2+rate*0.8
		}
		r.Offsets = append(r.Offsets, at)
	}
	return r
}

// picture is an SVG as it is read back.
type picture struct {
	texts string
	paths []string // with their style
}

func drawn(t *testing.T, r *harness.SweepResult) (p picture) {
	t.Helper()
	var out bytes.Buffer
	if err := report.SweepSVG(&out, r); err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(&out); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			p.texts += string(token) + "\n"
		case xml.StartElement:
			if token.Name.Local == "path" {
				p.paths = append(p.paths, fmt.Sprint(token.Attr))
			}
		}
	}
}

var point = regexp.MustCompile(`[ML](-?[\d.]+),(-?[\d.]+)`)

// curve is the line through the rates; the legend, which comes later, has one like it.
func (p picture) curve() (points [][2]float64) {
	for _, path := range p.paths {
		if len(points) > 0 || !strings.Contains(path, "stroke-width:1.2") {
			continue
		}
		for _, match := range point.FindAllStringSubmatch(path, -1) {
			x, _ := strconv.ParseFloat(match[1], 64)
			y, _ := strconv.ParseFloat(match[2], 64)
			points = append(points, [2]float64{x, y})
		}
	}
	return points
}

func TestAPictureOfASweep(t *testing.T) {
	rates := []float64{0, 0.5, 1, 0.8, 0.1, 0, 0}
	r := swept(rates...)
	p := drawn(t, r)
	for _, text := range []string{
		r.Scenario + "\n", "owner's request released after colleague's (ms; negative: before)", "rounds with a violation (%)",
		"share of the rounds", "95 % confidence", "the window is at least 1.5 ms wide: ", "\n-2\n", "\n0.5\n", "\n75\n", "\n100\n",
	} {
		if !strings.Contains(p.texts, text) {
			t.Errorf("%q is missing in:\n%s", text, p.texts)
		}
	}
	curve := p.curve()
	if len(curve) != len(rates) {
		t.Fatalf("the curve has %d points: %v", len(curve), curve)
	}
	first, top := curve[0], curve[2] // 0 and 100 %
	for i, rate := range rates {
		wantX, wantY := first[0]+float64(i)*(top[0]-first[0])/2, first[1]+rate*(top[1]-first[1])
		if math.Abs(curve[i][0]-wantX) > 0.1 || math.Abs(curve[i][1]-wantY) > 0.1 {
			t.Errorf("point %d is at %v, want %.1f, %.1f", i, curve[i], wantX, wantY)
		}
	}
}

func TestPicturesOfUnusualSweeps(t *testing.T) {
	for name, r := range map[string]*harness.SweepResult{
		"no offset":       {RaceInfo: harness.RaceInfo{Scenario: "none", Stopped: "the race was stopped"}},
		"one offset":      swept(1),
		"no round counts": swept(-1, -1),
		"some do not":     swept(0, -1, 1),
		"no violation":    swept(0, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			p := drawn(t, r)
			want := r.Stopped
			if want == "" {
				want = strings.Fields(r.WindowInWords())[0]
			}
			if !strings.Contains(p.texts, want) || strings.Contains(p.texts, "NaN") {
				t.Error(p.texts)
			}
		})
	}
	if p := drawn(t, swept(0, -1, 1)); len(p.curve()) != 2 {
		t.Error("an offset at which no round counted has a point")
	}
}

func TestAPictureHasAnyName(t *testing.T) {
	r := swept(0, 1)
	r.Scenario = "<b>größer & \"kleiner\"\x00\xff " + strings.Repeat("sehr ", 40) + "lang"
	r.Racers[0] = "<owner>"
	p := drawn(t, r)
	for _, text := range []string{"<b>größer & \"kleiner\"", "<owner>'s request released"} {
		if !strings.Contains(p.texts, text) {
			t.Errorf("%q is missing in:\n%s", text, p.texts)
		}
	}
	for line := range strings.Lines(p.texts) {
		if len([]rune(line)) > 90 {
			t.Errorf("too long for the picture: %s", line)
		}
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAPictureCannotBeWritten(t *testing.T) {
	if err := report.SweepSVG(full{}, swept(0, 1)); !errors.Is(err, errFull) || !strings.Contains(err.Error(), "rename a phonebook") {
		t.Error(err)
	}
}
