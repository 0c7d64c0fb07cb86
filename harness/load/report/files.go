package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write writes the report in all forms into the folder, which is made if need be, and returns the paths. One that
// cannot be written does not keep the others back.
func (r *Report) Write(folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var written []string
	var errs []error
	for _, form := range []struct {
		file  string
		write func(io.Writer, *Report) error
	}{
		{"report.html", HTML}, {"results.json", JSON}, {"requests.csv", RequestsCSV}, {"timeline.csv", TimelineCSV},
		{"junit.xml", JUnit}, {"report.txt", Text},
	} {
		path := filepath.Join(folder, form.file)
		if err := writeFile(path, r, form.write); err != nil {
			errs = append(errs, fmt.Errorf("report: %s: %w", path, err))
			continue
		}
		written = append(written, path)
	}
	return written, errors.Join(errs...)
}

func writeFile(path string, r *Report, write func(io.Writer, *Report) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file, r), file.Close())
}

// JSON writes the report as schema.md describes it.
func JSON(w io.Writer, r *Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
