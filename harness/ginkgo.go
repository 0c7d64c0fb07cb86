package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// This is the one file that talks to Ginkgo. Everything else works under a plain *testing.T.

// entryName names our report entries.
const entryName = "lockstep scenario"

// inSpec tells whether the test is a spec of Ginkgo's.
func inSpec(t T) bool {
	switch t.(type) {
	case ginkgo.FullGinkgoTInterface, *ginkgo.GinkgoTBWrapper:
		return true
	}
	return false
}

// joinGinkgo binds the harness to the running spec; it does nothing and returns false elsewhere.
func (h *Harness) joinGinkgo() bool {
	if !inSpec(h.t) {
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
	ginkgo.DeferOnFailure(func(ctx ginkgo.SpecContext) {
		for _, path := range h.lateEvidence(ctx) {
			ginkgo.GinkgoWriter.Println("evidence: " + path)
		}
	})
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
	return "lockstep: " + r.board.String()
}

// report gives the result of a run to the spec's report.
func (h *Harness) report(result *Result) {
	if !inSpec(h.t) {
		return
	}
	ginkgo.AddReportEntry(entryName, entry{result}, ginkgo.ReportEntryVisibilityNever)
}

// raceEntryName names those of races.
const raceEntryName = "lockstep race"

// reportRace gives the result of a race to the spec's report.
func (h *Harness) reportRace(result *RaceResult) {
	if !inSpec(h.t) {
		return
	}
	ginkgo.AddReportEntry(raceEntryName, raceEntry{result}, ginkgo.ReportEntryVisibilityNever)
}

// raceEntry is to a RaceResult what entry is to a Result.
type raceEntry struct{ *RaceResult }

func (e raceEntry) MarshalJSON() ([]byte, error) { return json.Marshal(e.RaceResult) }

// Races collects the results of all races from the report that Ginkgo hands to ReportAfterSuite, as Results does.
func Races(report types.Report) ([]*RaceResult, error) {
	return collect(report, raceEntryName, func(raw any) (*RaceResult, bool) {
		e, ok := raw.(raceEntry)
		return e.RaceResult, ok
	})
}

// exploreEntryName names those of explorations.
const exploreEntryName = "lockstep exploration"

// reportExploration gives the result of an exploration to the spec's report.
func (h *Harness) reportExploration(result *ExploreResult) {
	if !inSpec(h.t) {
		return
	}
	ginkgo.AddReportEntry(exploreEntryName, exploreEntry{result}, ginkgo.ReportEntryVisibilityNever)
}

// exploreEntry is to an ExploreResult what entry is to a Result.
type exploreEntry struct{ *ExploreResult }

func (e exploreEntry) MarshalJSON() ([]byte, error) { return json.Marshal(e.ExploreResult) }

// Explorations collects the results of all explorations from the report that Ginkgo hands to ReportAfterSuite, as Results
// does.
func Explorations(report types.Report) ([]*ExploreResult, error) {
	return collect(report, exploreEntryName, func(raw any) (*ExploreResult, bool) {
		e, ok := raw.(exploreEntry)
		return e.ExploreResult, ok
	})
}

// entry is a Result that keeps its form when Ginkgo passes it between processes.
type entry struct{ *Result }

func (e entry) String() string { return e.Result.String() }

func (e entry) MarshalJSON() ([]byte, error) { return json.Marshal(e.Result) }

// Results collects the results of all runs from the report that Ginkgo hands to ReportAfterSuite, those of
// parallel processes included.
func Results(report types.Report) ([]*Result, error) {
	return collect(report, entryName, func(raw any) (*Result, bool) {
		e, ok := raw.(entry)
		return e.Result, ok
	})
}

// collect finds the report entries with the name: as they are if they were made in this process, else from JSON.
func collect[R any](report types.Report, name string, own func(raw any) (*R, bool)) ([]*R, error) {
	var results []*R
	var errs []error
	for _, spec := range report.SpecReports {
		for _, reported := range spec.ReportEntries {
			if reported.Name != name {
				continue
			}
			result, ok := own(reported.Value.GetRawValue())
			if !ok {
				result = new(R)
				if err := json.Unmarshal([]byte(reported.Value.AsJSON), result); err != nil {
					errs = append(errs, fmt.Errorf("result of %q: %w", spec.LeafNodeText, err))
					continue
				}
			}
			results = append(results, result)
		}
	}
	return results, errors.Join(errs...)
}

// LaunchBrowser starts a browser for all parallel processes of a suite, and ends it when the last of them has ended. It
// is for the first function of SynchronizedBeforeSuite, whose answer is the DevTools address for Attach in all processes:
//
//	var address string
//	var _ = SynchronizedBeforeSuite(
//		func(ctx SpecContext) []byte { return harness.LaunchBrowser(ctx, browser.LaunchOptions{}) },
//		func(given []byte) { address = string(given) },
//	)
//	...
//	h := harness.New(GinkgoT(), harness.Attach(address))
//
// A browser that does not start fails the suite. It trusts the gateways of the process that launched it. Pages of the
// others take the certificates of theirs all the same, but for service workers over HTTPS, which they cannot register.
func LaunchBrowser(ctx context.Context, o browser.LaunchOptions) []byte {
	ginkgo.GinkgoHelper()
	process, err := browser.Launch(ctx, o)
	if err != nil {
		ginkgo.Fail("lockstep: " + err.Error())
	}
	ginkgo.DeferCleanup(process.Close)
	return []byte(process.Address())
}
