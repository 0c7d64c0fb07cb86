package browser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// Whatever is acquired, given back and killed: a page that is handed out can be used and is nobody else's, no
// browser has more pages than it may, a full pool says so, and nothing is open in the end.
func TestPoolProperty(t *testing.T) {
	address := browsertest.Serve(t)
	rapid.Check(t, func(r *rapid.T) {
		driver := &browsertest.Driver{}
		limit := rapid.IntRange(1, 4).Draw(r, "limit")
		pool, err := browser.NewPool(driver, browser.PoolOptions{
			Attach: address, PagesPerBrowser: limit, Warm: rapid.IntRange(0, limit).Draw(r, "warm"),
		})
		if err != nil {
			r.Fatal(err)
		}
		m := &poolModel{pool: pool, driver: driver, limit: limit}
		r.Repeat(map[string]func(*rapid.T){"acquire": m.acquire, "release": m.release, "kill": m.kill, "": m.check})
		if err := pool.Close(); err != nil {
			r.Errorf("Close: %v", err)
		}
		if n := driver.OpenPages(); n != 0 {
			r.Errorf("%d pages are open in the end", n)
		}
	})
}

type poolModel struct {
	pool   *browser.Pool
	driver *browsertest.Driver
	limit  int
	taken  []*browser.Pooled
}

func (m *poolModel) acquire(r *rapid.T) {
	o := browser.PageOptions{}
	if rapid.Bool().Draw(r, "wide") {
		o.Width = 2000
	}
	patience := 5 * time.Second
	full := len(m.taken) == m.limit
	if full {
		patience = time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	page, err := m.pool.Acquire(ctx, fmt.Sprint("user", len(m.taken)), o)
	switch {
	case full && err == nil:
		r.Fatalf("a page beyond the limit of %d", m.limit)
	case full:
		return
	case err != nil:
		r.Fatalf("no page though %d of %d are taken: %v", len(m.taken), m.limit, err)
	}
	o.Gateway = page.Gateway()
	if page.Err() != nil || o.Gateway == nil || fakePage(page).Options != o {
		r.Fatalf("the page is %v, with %+v", page.Err(), fakePage(page).Options)
	}
	for _, other := range m.taken {
		if other.Raw() == page.Raw() || other.Gateway() == page.Gateway() {
			r.Fatal("one page, or one gateway, has two owners")
		}
	}
	m.taken = append(m.taken, page)
}

func (m *poolModel) release(r *rapid.T) {
	if len(m.taken) == 0 {
		r.Skip("nothing is taken")
	}
	i := rapid.IntRange(0, len(m.taken)-1).Draw(r, "which")
	for range rapid.IntRange(1, 2).Draw(r, "times") {
		if err := m.taken[i].Close(context.Background()); err != nil {
			r.Fatal(err)
		}
	}
	m.taken = append(m.taken[:i], m.taken[i+1:]...)
}

func (m *poolModel) kill(r *rapid.T) {
	all := m.driver.Connections()
	if len(all) == 0 {
		r.Skip("there is no browser")
	}
	all[len(all)-1].Die()
}

func (m *poolModel) check(r *rapid.T) {
	if open := m.driver.OpenPages(); open > m.limit {
		r.Fatalf("%d pages are open, %d allowed", open, m.limit)
	}
}
