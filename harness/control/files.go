package control

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/seed49090845/lockstep/harness/load/report"
)

// reportFile is a form of the report.
type reportFile struct {
	name, contentType string
	write             func(io.Writer, *report.Report) error
}

var reportFiles = []reportFile{
	{"report.html", "text/html; charset=utf-8", report.HTML},
	{"results.json", "application/json", report.JSON},
	{"requests.csv", "text/csv; charset=utf-8", report.RequestsCSV},
	{"timeline.csv", "text/csv; charset=utf-8", report.TimelineCSV},
	{"junit.xml", "application/xml", report.JUnit},
	{"report.txt", "text/plain; charset=utf-8", report.Text},
}

// fileNames are those of all report files.
var fileNames = func() (names []string) {
	for _, f := range reportFiles {
		names = append(names, f.name)
	}
	return names
}()

// File makes a report file of what is known of a run now. Errors wrap ErrUnknownRun or ErrUnknownFile.
func (s *Server) File(ctx context.Context, id, name string) (content []byte, contentType string, err error) {
	rep, err := s.reportOf(ctx, id)
	if err != nil {
		return nil, "", err
	}
	for _, f := range reportFiles {
		if f.name == name && rep != nil {
			var b bytes.Buffer
			err := f.write(&b, rep)
			return b.Bytes(), f.contentType, err
		}
	}
	return nil, "", fmt.Errorf("%w: %q of run %q", ErrUnknownFile, name, id)
}

// reportOf is nil where nothing is known yet.
func (s *Server) reportOf(ctx context.Context, id string) (*report.Report, error) {
	if r := s.find(id); r != nil {
		_, rep := r.view(ctx)
		return rep, nil
	}
	return s.store.report(ctx, id)
}
