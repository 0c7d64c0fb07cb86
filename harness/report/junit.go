package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/seed49090845/lockstep/harness"
)

// JUnit writes the results as JUnit XML: a suite for each scenario and a case for each step.
func JUnit(w io.Writer, name string, results []*harness.Result) error {
	suites := junit.Testsuites{Name: name}
	var total time.Duration
	for i, result := range results {
		total += result.Took
		suites.AddSuite(suite(i, result))
	}
	suites.Time = seconds(total)
	if err := suites.WriteXML(w); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	return nil
}

func suite(id int, result *harness.Result) junit.Testsuite {
	s := junit.Testsuite{Name: result.Scenario, ID: id, Time: seconds(result.Took), File: file(result.Place)}
	s.SetTimestamp(result.Started)
	s.AddProperty("driver", result.Driver)
	s.AddProperty("seed", strconv.FormatInt(result.Seed, 10))
	for _, record := range result.Records {
		if record.Kind == harness.KindStep || record.Outcome != harness.Passed && record.Outcome != harness.Skipped {
			s.AddTestcase(testcase(result, record))
		}
	}
	if len(result.Records) == 0 { // the scenario was refused
		s.AddTestcase(junit.Testcase{
			Name: "is valid", Classname: result.Scenario, Time: "0",
			Error: &junit.Result{Message: "the scenario did not start", Data: strings.Join(result.Problems, "\n")},
		})
	}
	if len(result.Problems)+len(result.Files) > 0 {
		s.SystemErr = &junit.Output{Data: strings.Join(append(append([]string(nil), result.Problems...), result.Files...), "\n")}
	}
	return s
}

// file is that of a place, "file:line" or "file:line, called from file:line".
func file(place string) string {
	before, _, _ := strings.Cut(place, ":")
	return before
}

func testcase(result *harness.Result, record harness.Record) junit.Testcase {
	name := record.Session + ": " + record.Name
	if record.Kind != harness.KindStep {
		name = fmt.Sprintf("%s: (%s) %s", record.Session, record.Kind, record.Name)
	}
	c := junit.Testcase{Name: name, Classname: result.Scenario, Time: seconds(record.Took()), Status: string(record.Outcome)}
	why := &junit.Result{
		Message: fmt.Sprintf("%s %s", record.Session, record.Outcome), Type: string(record.Outcome),
		Data: strings.Join(record.Cause, "\nbecause ") + "\ndeclared at " + record.Place,
	}
	if result.Expected { // it was to show that a check can fail, and did
		c.SystemOut = &junit.Output{Data: string(record.Outcome) + ", as the spec expects: " + why.Data}
		return c
	}
	switch record.Outcome {
	case harness.Passed:
	case harness.Failed, harness.TimedOut:
		c.Failure = why
	case harness.Skipped:
		c.Skipped = why
	case harness.Blocked, harness.Aborted, harness.Errored:
		c.Error = why
	default:
		c.Error = why
	}
	return c
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
