package harness

import (
	"context"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/sessions"
)

func TestTidy(t *testing.T) {
	long := &sessions.SessionError{Session: "owner", Err: &sessions.ActionError{
		Action: `click "#edit"`, State: "no element matches", Hint: "look", Err: context.DeadlineExceeded,
	}}
	for name, check := range map[string]func(g gomega.Gomega){
		"an error that should not be":  func(g gomega.Gomega) { g.Expect(long).To(gomega.Succeed()) },
		"an error beside a value":      func(g gomega.Gomega) { g.Expect("text", long).To(gomega.Equal("text")) },
		"an error that should be none": func(g gomega.Gomega) { g.Expect(error(long)).NotTo(gomega.HaveOccurred()) },
	} {
		t.Run(name, func(t *testing.T) {
			message := ""
			check(gomega.NewGomega(func(m string, _ ...int) { message = m }))
			tidied := tidy(message)
			if strings.Count(tidied, "gave up") != 1 || strings.Count(tidied, "hint: look") != 1 {
				t.Errorf("the error is not there once:\n%s\nof\n%s", tidied, message)
			}
			if strings.Contains(tidied, "0x") {
				t.Errorf("it has an address:\n%s", tidied)
			}
		})
	}
}

func TestTidyLeavesOthersAlone(t *testing.T) {
	for _, message := range []string{
		"", "one\none", "Expected\n    <string>: 4\nto equal\n    <string>: 5",
		"Unexpected error: x\n    <*errors.errorString | 0xc000012345>: \n    x\n    {s: \"x\"}",
	} {
		if got := tidy(message); got != message {
			t.Errorf("%q became %q", message, got)
		}
	}
}
