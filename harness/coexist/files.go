package coexist

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// drawnValues is how many values of a phase get a drawing.
const drawnValues = 10

// Write writes the result into the folder, which is made if need be: report.txt, results.json, and a drawing of the holders of each value
// over which users collided, timeline-PHASE-VALUE.svg, numbered as in the report. It returns the paths of what it wrote; one that cannot be written does
// not keep the others back.
func (r *Result) Write(folder string) (files []string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("coexist: %w", err)
	}
	record, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("coexist: %w", err)
	}
	var errs []error
	write := func(name string, content []byte) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			errs = append(errs, fmt.Errorf("coexist: %w", err))
			return
		}
		files = append(files, path)
	}
	write("report.txt", []byte(r.Report()))
	write("results.json", append(record, '\n'))
	for p, s := range r.Phases {
		for n := range s.Values {
			if v := &s.Values[n]; v.Collisions > 0 && n < drawnValues {
				write(fmt.Sprintf("timeline-%d-%d.svg", p+1, n+1), []byte(v.SVG()))
			}
		}
	}
	return files, errors.Join(errs...)
}
