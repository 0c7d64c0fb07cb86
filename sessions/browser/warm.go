package browser

import (
	"context"
	"slices"
)

// Warm makes the pages that are kept ready, and returns when they are.
func (p *Pool) Warm(ctx context.Context) error {
	ctx, leave, err := p.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for {
		p.dropDead(ctx)
		c, missing := p.claimWarm()
		switch {
		case !missing:
			return nil
		case c.seat != nil:
			err = p.addWarm(ctx, c.seat)
		default:
			err = c.wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// claimWarm takes a place for a warm page, if one is missing.
func (p *Pool) claimWarm() (c claim, missing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.warm) >= p.options.Warm {
		return claim{}, false
	}
	if s := p.reserve(); s != nil {
		return claim{seat: s}, true
	}
	return p.full(), true
}

// dropDead closes warm pages whose browser died while they were waiting.
func (p *Pool) dropDead(ctx context.Context) {
	var dead []*Pooled
	p.mu.Lock()
	p.warm = slices.DeleteFunc(p.warm, func(page *Pooled) bool {
		if page.Err() == nil {
			return false
		}
		dead = append(dead, page)
		return true
	})
	p.mu.Unlock()
	for _, page := range dead {
		_ = page.Close(ctx)
	}
}

// popWarm takes the page that has waited longest; the lock is held.
func (p *Pool) popWarm() *Pooled {
	page := p.warm[0]
	p.warm = slices.Delete(p.warm, 0, 1)
	return page
}

// refill makes the warm pages that are missing in the background, where there is a place for them now. What
// fails is left to the next Acquire, which reports it.
func (p *Pool) refill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.warming || len(p.warm) >= p.options.Warm || p.life.Err() != nil {
		return
	}
	s := p.reserve()
	if s == nil {
		return
	}
	p.warming = true
	p.working.Go(func() {
		ctx, cancel := p.life.Limit(context.Background(), context.Background())
		defer cancel()
		err := p.addWarm(ctx, s)
		p.mu.Lock()
		p.warming = false
		p.mu.Unlock()
		if err == nil {
			p.refill()
		}
	})
}

// addWarm makes a warm page at a place that was reserved, and tells those who wait for one.
func (p *Pool) addWarm(ctx context.Context, s *seat) error {
	page, err := p.newPage(ctx, s, PageOptions{})
	if err != nil {
		return err
	}
	p.mu.Lock()
	keep := len(p.warm) < p.options.Warm && p.life.Err() == nil
	if keep {
		p.warm = append(p.warm, page)
		p.signal()
	}
	p.mu.Unlock()
	if !keep { // another was made meanwhile
		return page.Close(ctx)
	}
	return nil
}
