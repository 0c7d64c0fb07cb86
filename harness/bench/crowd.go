package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// crowd is users who click.
type crowd struct {
	pool  *browser.Pool
	users []*sessions.Browser
}

func gather(ctx context.Context, o ArrivalOptions, t *target) (*crowd, error) {
	pool, err := browser.NewPool(o.Driver, browser.PoolOptions{Gateway: gateway.Options{TLS: &tls.Config{RootCAs: t.roots(), MinVersion: tls.VersionTLS12}}})
	if err != nil {
		return nil, err
	}
	c := &crowd{pool: pool}
	for i := range o.Sessions {
		o.Progress(fmt.Sprintf("opening session %d of %d", i+1, o.Sessions))
		user, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: fmt.Sprintf("user %d", i+1)}, sessions.BrowserOptions{BaseURL: t.plain.URL})
		if err != nil {
			return nil, errors.Join(err, c.close(ctx))
		}
		c.users = append(c.users, user)
		if err := user.Navigate(ctx, "/"); err != nil {
			return nil, errors.Join(err, c.close(ctx))
		}
	}
	return c, nil
}

func (c *crowd) close(ctx context.Context) error {
	var errs []error
	for _, user := range c.users {
		errs = append(errs, user.Close(ctx))
	}
	return errors.Join(append(errs, c.pool.Close())...)
}

// The ways in which requests are brought together.
const (
	barrierClick   = "barrier and click"
	cdpFetch       = "DevTools interception"
	byGateway      = "gateway"
	byGatewayHTTP2 = "gateway, HTTP/2"
)

// meeting is one of them: what is clicked, and what holds the requests until release is called.
type meeting struct {
	name   string
	button string
	hold   func(ctx context.Context, users []*sessions.Browser) (release func(ctx context.Context) error, err error)
}

func (c *crowd) ways(driver browser.Driver) []meeting {
	ways := []meeting{
		{barrierClick, "#http1", nil},
		{byGateway, "#http1", holdAtGateways},
		{byGatewayHTTP2, "#http2", holdAtGateways},
	}
	if driver.Name() == cdpdriver.Name {
		ways = append(ways, meeting{cdpFetch, "#http1", holdInBrowsers})
	}
	return ways
}

// round lets all users click at the same moment and measures how far apart their requests arrive.
func (c *crowd) round(ctx context.Context, t *target, way meeting) (time.Duration, error) {
	release := func(context.Context) error { return nil }
	if way.hold != nil {
		var err error
		if release, err = way.hold(ctx, c.users); err != nil {
			return 0, err
		}
	}
	if err := c.click(ctx, way.button); err != nil {
		return 0, err
	}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := release(limited); err != nil {
		return 0, err
	}
	return t.spread(ctx, len(c.users))
}

// click lets all users click when all are ready.
func (c *crowd) click(ctx context.Context, button string) error {
	start := make(chan struct{})
	errs := make([]error, len(c.users))
	var clicking sync.WaitGroup
	for i, user := range c.users {
		clicking.Go(func() {
			<-start
			errs[i] = user.Click(ctx, button)
		})
	}
	close(start)
	clicking.Wait()
	return errors.Join(errs...)
}

func holdAtGateways(_ context.Context, users []*sessions.Browser) (release func(ctx context.Context) error, err error) {
	var rules []*gateway.Rule
	for _, user := range users {
		rule, err := user.Gateway().Hold(gateway.Match{Method: http.MethodPost, Path: "/act"})
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return func(ctx context.Context) error {
		var all []*gateway.Held
		for _, rule := range rules {
			h, err := rule.Held(ctx)
			if err != nil {
				return err
			}
			defer rule.Release()
			all = append(all, h)
		}
		_, err := gateway.Together(ctx, all...)
		return err
	}, nil
}
