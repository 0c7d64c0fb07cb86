package report_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// sweep is three levels in which each request takes as many milliseconds as there are users, and one of the last fails.
func sweep(t *testing.T) *load.SweepResult {
	t.Helper()
	began := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	s := &load.SweepResult{}
	for _, users := range []int{10, 2, 100} { // not in the order of users
		run, err := stats.New(stats.Options{Start: began})
		if err != nil {
			t.Fatal(err)
		}
		level := load.Level{Users: users}
		recorder := run.Scenario("s").Recorder()
		for i := range 20 {
			start, took := time.Duration(i)*20*time.Millisecond, time.Duration(users)*time.Millisecond
			sample := virtual.Sample{User: "user 1", Name: "GET /", Start: began.Add(start), End: began.Add(start + took), Status: 200}
			e := load.Execution{User: "user 1", Start: start, Took: took, Status: 200}
			if users == 100 && i == 7 {
				sample.Class, sample.Message = virtual.Unexpected, "no <b>"
				e.Err = errors.New("user 1: no <b>")
			}
			recorder.Record(&sample)
			level.Executions = append(level.Executions, e)
		}
		run.End(began.Add(time.Second))
		level.Result = &load.Result{Snapshot: run.Snapshot()}
		s.Levels = append(s.Levels, level)
	}
	return s
}

func pageOf(t *testing.T, s *load.SweepResult) *goquery.Document {
	t.Helper()
	var page bytes.Buffer
	if err := report.NewSweep("shop & <more>", s).HTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "NaN") || strings.Contains(page.String(), "<more>") || strings.Contains(page.String(), "no <b>") {
		t.Errorf("not escaped, or not a number:\n%s", page.String())
	}
	document, err := goquery.NewDocumentFromReader(&page)
	if err != nil {
		t.Fatal(err)
	}
	document.Find("script, link, img, iframe, [src], [href]").Each(func(_ int, s *goquery.Selection) { t.Errorf("the page has a <%s>", goquery.NodeName(s)) })
	return document
}

func TestTheSweepIsSeenAtAGlance(t *testing.T) {
	document := pageOf(t, sweep(t))
	charts := document.Find("svg:not(.small)")
	if charts.Length() != 2 {
		t.Fatalf("%d charts, want times and rates over users", charts.Length())
	}
	for i, want := range []string{"2 users: p50 2.00 ms, |10 users: p50 10.0 ms, |100 users: p50 100 ms, ", "2 users: 20.0 requests|10 users: 20.0 requests|100 users: 20.0 requests per second, 1 of 20 failed"} {
		titles := charts.Eq(i).Find("circle title").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		for n, part := range strings.Split(want, "|") {
			if len(titles) != 3 || !strings.HasPrefix(titles[n], part) {
				t.Errorf("the points of chart %d are %q, want %q", i, titles, part)
			}
		}
		if marks := charts.Eq(i).Find(".tick.mid").Text(); marks != "210100" {
			t.Errorf("below the plot is %q, want each number of users", marks)
		}
	}
	if red := charts.Eq(1).Find("circle.bad").Length(); red != 1 {
		t.Errorf("%d levels are marked for failures, want the last", red)
	}
	small := document.Find("svg.small")
	if small.Length() != 3 {
		t.Fatalf("%d small plots, want one for each level", small.Length())
	}
	for i := range 3 { // each execution began at a time of its own
		if lines := small.Eq(i).Find("line:not(.base)").Length(); lines != 20 {
			t.Errorf("level %d has %d lines, want 20", i, lines)
		}
	}
	if red := small.Find("line.bad").Length(); red != 1 || small.Eq(2).Find("line.bad").Length() != 1 {
		t.Errorf("%d executions are red, want the one that failed", red)
	}
	if failed := document.Find("section:contains('What failed') tr").Last().Text(); failed != "1001no <b>" {
		t.Errorf("what failed is %q", failed)
	}
}

// TestASweepThatWasStopped has fewer levels, or none, or one in which nothing ended.
func TestASweepThatWasStopped(t *testing.T) {
	if text := pageOf(t, &load.SweepResult{}).Find("main").Text(); !strings.Contains(text, "No level was begun") {
		t.Errorf("without a level the page says %q", text)
	}
	run, err := stats.New(stats.Options{Start: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	run.End(time.Now())
	nothing := &load.SweepResult{Levels: []load.Level{{Users: 1, Result: &load.Result{Snapshot: run.Snapshot(), Ended: load.ErrStopped}}}}
	document := pageOf(t, nothing)
	if text := document.Find("main").Text(); !strings.Contains(text, "no request ended") || !strings.Contains(text, "✗ not as asserted") {
		t.Errorf("where nothing ended the page says %q", text)
	}
}

func TestASweepIsWrittenInAllForms(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	written, err := report.NewSweep("shop", sweep(t)).Write(folder)
	if err != nil || len(written) != 3 {
		t.Fatal(written, err)
	}
	for _, path := range written {
		if content, err := os.ReadFile(path); err != nil || len(content) == 0 {
			t.Errorf("%s: %d bytes, %v", path, len(content), err)
		}
	}
	if err := report.NewSweep("shop", sweep(t)).HTML(broken{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a disk that is full: %v", err)
	}
}

// broken writes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
