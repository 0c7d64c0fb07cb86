package report

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"strings"
)

//go:embed page.html
var pageText string

// styleText is the style of all pages.
//
//go:embed style.html
var styleText string

var page = newPage("page", pageText)

func newPage(name, text string) *template.Template {
	return template.Must(template.Must(template.New(name).Funcs(functions).Parse(styleText)).Parse(text))
}

var functions = template.FuncMap{
	"count": count, "rate": rate, "ms": ms, "span": span, "size": size, "sign": sign, "tickTime": tickTime,
	"several": func(r *Report) bool { return len(r.Scenarios) > 1 },
	"title":   func(r *Report, q Request) string { return q.title(len(r.Scenarios) > 1) },
	"lines":   func(text string) []string { return strings.Split(text, "\n") },
}

// HTML writes the report as one page that needs nothing beside it.
func HTML(w io.Writer, r *Report) error { return page.Execute(w, r) }

// ErrorShare is the part of the requests that failed.
func (r *Report) ErrorShare() string {
	if r.Requests.Total == 0 {
		return "-"
	}
	share := 100 * float64(r.Requests.KO) / float64(r.Requests.Total)
	digits := 1
	if share > 0 && share < 1 {
		digits = 3
	}
	return strconv.FormatFloat(share, 'f', digits, 64) + " %"
}

// Held counts assertions that hold.
func (r *Report) Held() int {
	n := 0
	for _, a := range r.Assertions {
		if a.Holds() {
			n++
		}
	}
	return n
}
