package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Text writes the report for a terminal: what went wrong last, where a reader's eyes are.
func Text(w io.Writer, r *Report) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	row("SCENARIO", "USERS", "PASSED", "FAILED", "INTERRUPTED", "MOST PRESENT")
	for _, s := range r.Scenarios {
		row(s.Name, count(s.Users.Started), count(s.Users.Passed), count(s.Users.Failed), count(s.Users.Interrupted), count(s.Users.MaxPresent))
	}
	_ = t.Flush() // to a builder
	b.WriteByte('\n')
	row("REQUEST", "COUNT", "KO", "PER SECOND", "P50", "P95", "P99", "MAX", "P99 FROM ACTUAL START")
	for _, q := range r.ByRequest {
		row(q.title(len(r.Scenarios) > 1), count(q.Requests.Total), count(q.Requests.KO), rate(q.RPS), ms(q.Response.Intended.P50), ms(q.Response.Intended.P95),
			ms(q.Response.Intended.P99), ms(q.Response.Intended.Max), ms(q.Response.Actual.P99))
	}
	if len(r.ByRequest) != 1 {
		p := r.Response
		row("all", count(r.Requests.Total), count(r.Requests.KO), rate(r.RPS), ms(p.Intended.P50), ms(p.Intended.P95), ms(p.Intended.P99), ms(p.Intended.Max), ms(p.Actual.P99))
	}
	_ = t.Flush()
	fmt.Fprintf(&b, "\n%s requests in %s (%s in, %s out); the generator's lateness: p50 %s, p99 %s\n", count(r.Requests.Total),
		span(r.TookMS), size(r.BytesIn), size(r.BytesOut), ms(r.Lateness.P50), ms(r.Lateness.P99))
	r.failures(&b)
	r.verdicts(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) failures(b *strings.Builder) {
	if r.Interrupted > 0 {
		fmt.Fprintf(b, "%s more were interrupted\n", count(r.Interrupted))
	}
	if len(r.Failures) > 0 {
		b.WriteString("\nrequests that failed\n")
	}
	for _, f := range r.Failures {
		fmt.Fprintf(b, "%8s  %s: %s\n", count(f.Count), f.Class, strings.ReplaceAll(f.Message, "\n", "; "))
	}
	if len(r.UserFailures) > 0 {
		b.WriteString("\nusers that failed\n")
	}
	for _, f := range r.UserFailures {
		fmt.Fprintf(b, "%8s  %s: %s\n", count(f.Count), f.Scenario, strings.ReplaceAll(f.Message, "\n", "; "))
	}
}

func (r *Report) verdicts(b *strings.Builder) {
	if len(r.Assertions)+len(r.Problems) > 0 {
		b.WriteByte('\n')
	}
	for _, a := range r.Assertions {
		fmt.Fprintf(b, "%s %s\n", sign(a.Holds()), a)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(b, "%s %s\n", sign(false), p)
	}
}

// String is one line.
func (a Assertion) String() string {
	subject := ""
	if a.Subject != "" {
		subject = " (" + a.Subject + ")"
	}
	return fmt.Sprintf("%s%s: %s: %s", a.Assertion, subject, a.Verdict, a.Seen)
}

func sign(well bool) string {
	if well {
		return "✓"
	}
	return "✗"
}

// title is the name with its group, and with its scenario where there are several.
func (q Request) title(scenarios bool) string {
	title := q.Name
	if q.Group != "" {
		title = q.Group + "/" + title
	}
	if scenarios {
		title = q.Scenario + ": " + title
	}
	return title
}

func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && n > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func rate(perSecond float64) string {
	if perSecond >= 100 {
		return count(int64(perSecond + 0.5))
	}
	return strconv.FormatFloat(perSecond, 'f', 1, 64)
}

// ms is a time with three digits and its unit.
func ms(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case *v >= 10_000:
		return strconv.FormatFloat(*v/1000, 'f', 1, 64) + " s"
	case *v >= 1000:
		return strconv.FormatFloat(*v/1000, 'f', 2, 64) + " s"
	case *v >= 100:
		return strconv.FormatFloat(*v, 'f', 0, 64) + " ms"
	case *v >= 10:
		return strconv.FormatFloat(*v, 'f', 1, 64) + " ms"
	case *v >= 1:
		return strconv.FormatFloat(*v, 'f', 2, 64) + " ms"
	}
	return strconv.FormatFloat(*v*1000, 'f', 0, 64) + " µs"
}

func span(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func size(bytes int64) string {
	value, unit := float64(bytes), "B"
	for _, larger := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, larger
	}
	if unit == "B" {
		return count(bytes) + " B"
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + unit
}
