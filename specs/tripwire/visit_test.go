package tripwire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/traps"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

const (
	loadLimit   = 30 * time.Second // of a load, until its page has told that it is finished
	settleLimit = 5 * time.Second  // until the gateway has noted the status of what the server has answered
	stopPoll    = 100 * time.Millisecond
)

// bench is what loads need: the traps, and a browser.
type bench struct {
	server *traps.Server
	pool   *browser.Pool
}

func newBench(t *testing.T, driver browser.Driver, o traps.Options) *bench {
	t.Helper()
	server, err := traps.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	pool := browsertest.NeedPool(t, driver, browser.PoolOptions{
		Gateway: gateway.Options{TLS: &tls.Config{RootCAs: server.Roots(), MinVersion: tls.VersionTLS12}},
	})
	return &bench{server: server, pool: pool}
}

// open opens a session with its gateway, as all browser sessions have one, or without.
func (b *bench) open(ctx context.Context, t *testing.T, direct bool) *sessions.Browser {
	t.Helper()
	s, err := sessions.OpenBrowser(ctx, b.pool, sessions.Identity{Name: "visitor"},
		sessions.BrowserOptions{ActionTimeout: loadLimit, Page: browser.PageOptions{Direct: direct}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// load loads a trap in a fresh session, and returns what was counted and recorded until the session had gone.
func (b *bench) load(t *testing.T, trap traps.Trap, proxy bool) ledger {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), loadLimit)
	defer cancel()
	l := b.server.Load(trap)
	s := b.open(ctx, t, !proxy)
	defer func() { _ = s.Close(context.WithoutCancel(ctx)) }()
	now := func() ledger { return ledger{counted: l.Counted(), recorded: recorded(s.Gateway())} }
	for visit, address := range l.Visits() {
		if visit > 0 {
			b.stopWorkers(ctx, t, l.Prefix())
		}
		navigated := s.Navigate(ctx, address) // a page that leaves at once may disturb the driver; what it has done counts
		if err := l.Finished(ctx, visit); err != nil {
			t.Fatal(errors.Join(err, navigated))
		}
		if proxy {
			settle(ctx, now)
		}
	}
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	return now()
}

// recorded is what a gateway has seen; one that is not there has seen nothing.
func recorded(g *gateway.Gateway) []gateway.Exchange {
	if g == nil {
		return nil
	}
	return g.Record()
}

// settle waits until both sides agree, if they ever do: the gateway notes a status when the server has sent it.
func settle(ctx context.Context, now func() ledger) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && len(now().unseen())+len(now().phantoms()) > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// stopWorkers ends the service workers below an address, so that they have to start for what comes next.
func (b *bench) stopWorkers(ctx context.Context, t *testing.T, prefix string) {
	t.Helper()
	g := NewWithT(t)
	address, err := b.pool.Address(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	allocator, cancelAllocator := remote.NewAllocator(ctx, address, remote.NoModifyURL)
	defer cancelAllocator()
	root, cancel := chromedp.NewContext(allocator)
	defer cancel()
	stop := func(g Gomega) (running []target.ID) {
		targets, err := chromedp.CallBrowser(root, target.GetTargets, target.GetTargetsParams{})
		g.Expect(err).NotTo(HaveOccurred())
		for _, info := range targets.TargetInfos {
			if info.Type == "service_worker" && strings.HasPrefix(info.URL, prefix) {
				running = append(running, info.TargetID)
				// One that ends by itself now is not there any more.
				_, _ = chromedp.CallBrowser(root, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID})
			}
		}
		return running
	}
	g.Eventually(ctx, stop).WithPolling(stopPoll).Should(BeEmpty()) // one that is just starting does not listen
}
