package tiddlywiki_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// writer is somebody who adds a line to a tiddler, and what became of that. His methods with a session are bodies of steps.
type writer struct {
	user  *harness.Session
	title string // of the tiddler
	line  string
	held  *gateway.Held // his write, at his gateway
	told  string        // what his page told him since he saved; empty: nothing
	saved bool          // he has, where he visits
}

const (
	editButton    = `button[aria-label="Edit this tiddler"]`
	saveButton    = `button[aria-label="Confirm changes to this tiddler"]`
	textField     = `.tc-tiddler-edit-frame textarea.tc-edit-texteditor-body`
	shownText     = `.tc-tiddler-view-frame .tc-tiddler-body`
	serverButton  = `button[aria-label="Server status"]`
	refreshButton = `button[aria-label="Refresh from server"]`
)

// opens goes to the tiddler. A new page asks once what is new at the server: it must not hear of the draft that
// somebody else is about to make, because it would take that for its own.
func (w *writer) opens(ctx context.Context, g Gomega, s *sessions.Browser) {
	news, err := s.Gateway().Watch(gateway.Match{Method: http.MethodGet, Path: "/recipes/default/tiddlers.json"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Navigate(ctx, "/#"+w.title)).To(Succeed())
	g.Expect(s.Text(ctx, shownText)).To(Equal("milk"))
	asked, err := news.Taken(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(asked.Answered(ctx)).To(HaveField("Status", http.StatusOK))
}

// refreshes lets the page get what is new at the server.
func (w *writer) refreshes(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Click(ctx, serverButton)).To(Succeed())
	g.Expect(s.Click(ctx, refreshButton)).To(Succeed())
	g.Eventually(ctx, func() (string, error) { return s.Text(ctx, shownText) }).WithTimeout(patience).ShouldNot(Equal("milk"))
}

// edits types the line below what is there.
func (w *writer) edits(ctx context.Context, g Gomega, s *sessions.Browser) {
	var text string
	g.Expect(s.Click(ctx, editButton)).To(Succeed())
	g.Expect(s.Text(ctx, textField)).Error().NotTo(HaveOccurred()) // it is there
	g.Expect(s.Evaluate(ctx, fmt.Sprintf("document.querySelector(%q).value", textField), &text)).To(Succeed())
	g.Expect(s.Fill(ctx, textField, text+"\n"+w.line)).To(Succeed())
}

// saves presses the button, and hears what the page says then.
func (w *writer) saves(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Click(ctx, saveButton)).To(Succeed())
	w.hears(ctx, g, s)
}

// hears waits until the page shows an alert, or has nothing left to send.
func (w *writer) hears(ctx context.Context, g Gomega, s *sessions.Browser) {
	var told *string
	g.Eventually(ctx, func() (*string, error) {
		err := s.Evaluate(ctx, `document.querySelector(".tc-alert")?.innerText ?? ($tw.syncer.isDirty() ? null : "")`, &told)
		return told, err
	}).WithTimeout(patience).ShouldNot(BeNil())
	w.told = *told
}

// savesAtLast presses the button, and his gateway holds the write.
func (w *writer) savesAtLast(ctx context.Context, g Gomega, s *sessions.Browser) {
	rule, err := s.Gateway().Hold(w.write())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Click(ctx, saveButton)).To(Succeed())
	w.held, err = rule.Held(ctx)
	g.Expect(err).NotTo(HaveOccurred())
}

// isAccepted lets the write go: the server stores it, and the page has nothing to say.
func (w *writer) isAccepted(ctx context.Context, g Gomega, s *sessions.Browser) {
	w.held.Release()
	g.Expect(w.held.Answered(ctx)).To(HaveField("Status", http.StatusNoContent))
	g.Expect(wiki.Get(ctx, w.title)).To(HaveField("Text", "milk\n"+w.line))
	w.hears(ctx, g, s)
	g.Expect(w.told).To(BeEmpty())
}

// write is the request with which the page saves the tiddler: not that of its draft, nor of others that a page keeps.
func (w *writer) write() gateway.Match {
	return gateway.Match{Method: http.MethodPut, Path: "/recipes/default/tiddlers/{title}", Body: func(body []byte) bool {
		sent, err := parse(body)
		return err == nil && sent.Title == w.title
	}}
}

// sent is what a page sends when it saves a tiddler.
type sent struct{ Title, Revision string }

func parse(body []byte) (s sent, err error) {
	err = json.Unmarshal(body, &s)
	return s, err
}

// base is the revision that the held write is based on, as it says itself.
func (w *writer) base() (int, error) {
	s, err := parse(w.held.Body())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(s.Revision)
}
