package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// JUnit writes the report as JUnit XML: a case for each assertion and its subject, and one for the run itself, which
// fails if it was stopped, aborted, or late.
func JUnit(w io.Writer, r *Report) error {
	suite := junit.Testsuite{Name: r.Name, Time: seconds(r.TookMS)}
	suite.SetTimestamp(r.Started)
	suite.AddProperty("seed", strconv.FormatUint(r.Seed, 10))
	whole := junit.Testcase{Name: "the run ended well", Classname: r.Name, Time: seconds(r.TookMS)}
	if len(r.Problems) > 0 {
		whole.Failure = &junit.Result{Message: r.Problems[0], Data: strings.Join(r.Problems, "\n")}
	}
	suite.AddTestcase(whole)
	for _, a := range r.Assertions {
		name := a.Assertion
		if a.Subject != "" {
			name += " (" + a.Subject + ")"
		}
		c := junit.Testcase{Name: name, Classname: r.Name, Time: "0", SystemOut: &junit.Output{Data: a.Seen}}
		if !a.Holds() {
			c.Failure = &junit.Result{Message: a.Verdict + ": " + a.Seen, Type: a.Verdict, Data: a.String()}
		}
		suite.AddTestcase(c)
	}
	suites := junit.Testsuites{Name: r.Name, Time: suite.Time}
	suites.AddSuite(suite)
	if err := suites.WriteXML(w); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	return nil
}

func seconds(ms float64) string { return strconv.FormatFloat(ms/1000, 'f', 3, 64) }
