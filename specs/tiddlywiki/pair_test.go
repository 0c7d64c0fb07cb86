package tiddlywiki_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"

	"github.com/seed49090845/lockstep/harness"
)

// pair is the two users of a scenario.
type pair struct {
	*harness.Scenario
	ann, bob *writer
}

func newPair(name string, options ...harness.Option) *pair {
	h := harness.New(GinkgoT(), append(options, harness.BaseURL(wiki.URL()),
		harness.ActionTimeout(patience), harness.StepTimeout(stepLimit), harness.OpenTimeout(stepLimit))...)
	return &pair{h.Scenario(name), &writer{user: h.Browser("ann"), line: "bread"}, &writer{user: h.Browser("bob"), line: "eggs"}}
}

func (p *pair) both() []*writer { return []*writer{p.ann, p.bob} }

// open declares that both open their tiddler.
func (p *pair) open() (opened []*harness.Step) {
	for _, w := range p.both() {
		opened = append(opened, p.Precondition(w.user, "opens the tiddler", w.opens))
	}
	return opened
}

// openAndEdit declares that both open their tiddler, and then edit it.
func (p *pair) openAndEdit() (edited []*harness.Step) {
	opened := p.open()
	for _, w := range p.both() {
		edited = append(edited, p.Precondition(w.user, "edits it", w.edits, harness.Requires(opened...)))
	}
	return edited
}

var tiddlers atomic.Int64

// getsTiddlers gives the pair one new tiddler, or a new one to each.
func (p *pair) getsTiddlers(ctx context.Context, n int) error {
	for i, w := range p.both() {
		w.told = ""
		if i >= n {
			w.title = p.ann.title
			continue
		}
		w.title = fmt.Sprintf("Shopping-%d", tiddlers.Add(1))
		if err := wiki.Put(ctx, w.title, "milk"); err != nil {
			return err
		}
	}
	return nil
}

// promise is the invariant, which promiseKept checks.
const promise = "both edits are there, or one writer was told of the conflict"

func (p *pair) promiseKept(ctx context.Context) error {
	var lost []string
	for _, w := range p.both() {
		if w.told != "" {
			return nil
		}
		now, err := wiki.Get(ctx, w.title)
		if err != nil {
			return err
		}
		if !slices.Contains(strings.Split(now.Text, "\n"), w.line) {
			lost = append(lost, fmt.Sprintf("%q of %s is lost, the tiddler is %q", w.line, w.user.Name(), now.Text))
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("%s; nobody was told", strings.Join(lost, ", "))
	}
	return nil
}

// stored is what became of the tiddlers, in a line.
func (p *pair) stored(ctx context.Context) (string, error) {
	var texts []string
	for _, w := range p.both() {
		now, err := wiki.Get(ctx, w.title)
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.ReplaceAll(now.Text, "\n", ", "))
	}
	return strings.Join(slices.Compact(texts), " / "), nil
}
