package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed49090845/lockstep/harness"
)

// Schema names the form of the JSON that Write writes.
const Schema = "lockstep/results/1"

// ErrSchema says that a file is not of this schema.
var ErrSchema = errors.New("not a file of results")

// Suite is what a file of results holds.
type Suite struct {
	Schema  string            `json:"schema"`
	Name    string            `json:"name"`
	Results []*harness.Result `json:"results"`
}

// Write writes results.json and junit.xml into the folder, which is made if need be, and returns their paths.
// One that cannot be written does not keep the other back.
func Write(folder, name string, results []*harness.Result) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if results == nil {
		results = []*harness.Result{}
	}
	var written []string
	var errs []error
	for file, write := range map[string]func(io.Writer) error{
		"results.json": func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", "  ")
			return encoder.Encode(Suite{Schema, name, results})
		},
		"junit.xml": func(w io.Writer) error { return JUnit(w, name, results) },
	} {
		path := filepath.Join(folder, file)
		if err := writeFile(path, write); err != nil {
			errs = append(errs, fmt.Errorf("report: %s: %w", path, err))
			continue
		}
		written = append(written, path)
	}
	return written, errors.Join(errs...)
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// Read reads a file that Write wrote.
func Read(path string) (*Suite, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	suite := &Suite{}
	if err := json.Unmarshal(content, suite); err != nil {
		return nil, fmt.Errorf("report: %s: %w: %w", path, ErrSchema, err)
	}
	if suite.Schema != Schema {
		return nil, fmt.Errorf("report: %s: %w: its schema is %q, want %q", path, ErrSchema, suite.Schema, Schema)
	}
	return suite, nil
}
