package tiddlywiki_test

import (
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/tiddlywiki"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// wiki is the application of all specs; each has tiddlers of its own in it.
var wiki *tiddlywiki.Server

func TestTiddlyWiki(t *testing.T) {
	browsertest.NeedBrowser(t)
	wiki = tiddlywiki.Need(t)
	RegisterFailHandler(Fail)
	RunSpecs(t, "TiddlyWiki")
}

// Its page has 2.7 MB and starts a program of its own: it takes a second, and many on a machine that is busy.
const (
	patience  = time.Minute
	stepLimit = 3 * time.Minute
)

// stress is the slow lane.
func stress() bool { return os.Getenv("LOCKSTEP_STRESS") != "" }

// rounds are as many as are usual, or those of the slow lane.
func rounds(usual, slow int) int {
	if stress() {
		return slow
	}
	return usual
}
