package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// This is the one file that talks to Ginkgo. Everything else works under a plain *testing.T.

// entryName names our report entries.
const entryName = "lockstep scenario"

// joinGinkgo binds the harness to the running spec; it does nothing and returns false elsewhere.
func (h *Harness) joinGinkgo() bool {
	if _, ok := h.t.(ginkgo.FullGinkgoTInterface); !ok {
		return false
	}
	if h.options.seed == 0 {
		h.seed = ginkgo.GinkgoRandomSeed()
	}
	detach := ginkgo.AttachProgressReporter(h.progressReport)
	ginkgo.DeferCleanup(func() {
		detach()
		if err := h.Close(); err != nil {
			ginkgo.GinkgoWriter.Printf("lockstep: closing: %v\n", err)
		}
	})
	// A spec can fail after a run that passed: its sessions have evidence too.
	ginkgo.DeferOnFailure(func(ctx ginkgo.SpecContext) { h.lateEvidence(ctx) })
	return true
}

// progressReport tells Ginkgo what a run that seems to hang is at.
func (h *Harness) progressReport() string {
	h.mu.Lock()
	r := h.running
	h.mu.Unlock()
	if r == nil {
		return ""
	}
	return r.status()
}

// report gives the result of a run to the spec's report.
func (h *Harness) report(result *Result) {
	if _, ok := h.t.(ginkgo.FullGinkgoTInterface); !ok {
		return
	}
	ginkgo.AddReportEntry(entryName, entry{result}, ginkgo.ReportEntryVisibilityNever)
}

// entry is a Result that keeps its form when Ginkgo passes it between processes.
type entry struct{ *Result }

func (e entry) String() string { return e.Result.String() }

func (e entry) MarshalJSON() ([]byte, error) { return json.Marshal(e.Result) }

// Results collects the results of all runs from the report that Ginkgo hands to ReportAfterSuite, those of
// parallel processes included.
func Results(report types.Report) ([]*Result, error) {
	var results []*Result
	var errs []error
	for _, spec := range report.SpecReports {
		for _, reported := range spec.ReportEntries {
			if reported.Name != entryName {
				continue
			}
			result := &Result{}
			if e, ok := reported.Value.GetRawValue().(entry); ok {
				result = e.Result
			} else if err := json.Unmarshal([]byte(reported.Value.AsJSON), result); err != nil {
				errs = append(errs, fmt.Errorf("result of %q: %w", spec.LeafNodeText, err))
				continue
			}
			results = append(results, result)
		}
	}
	return results, errors.Join(errs...)
}

func (h *Harness) lateEvidence(ctx context.Context) {
	for _, path := range h.Evidence(ctx) {
		ginkgo.GinkgoWriter.Println("evidence: " + path)
	}
}
