package control

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

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

// fileSecurity is for a report as a page: it has a style, and nothing that runs.
const fileSecurity = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// files is the operation that sends a report file.
func (s *Server) files(api huma.API, errors []int) {
	forms := map[string]*huma.MediaType{}
	for _, f := range reportFiles {
		kind, _, _ := mime.ParseMediaType(f.contentType)
		forms[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	forms["application/json"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}
	type input struct {
		ID   string `path:"id" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$"`
		File string `path:"file" maxLength:"64" enum:"report.html,results.json,requests.csv,timeline.csv,junit.xml,report.txt"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "file", Method: http.MethodGet, Path: "/api/runs/{id}/files/{file}", Summary: "A report file, of a run in progress as it is now", Errors: errors,
		Responses: map[string]*huma.Response{"200": {Description: "The file", Content: forms}},
	}, func(ctx context.Context, in *input) (*huma.StreamResponse, error) {
		content, contentType, err := s.File(ctx, in.ID, in.File)
		if err != nil {
			return nil, problemOf(err)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", contentType)
			ctx.SetHeader("Content-Security-Policy", fileSecurity)
			_, _ = ctx.BodyWriter().Write(content) // the client may be gone
		}}, nil
	})
}
