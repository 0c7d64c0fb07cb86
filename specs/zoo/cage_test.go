package zoo_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// broken and sound are the twins.
var broken, sound = zoo.Options{}, zoo.Options{Sound: true}

// cage is a server of an app, with a world of its own for each schedule.
type cage struct {
	app     zoo.App
	server  *zoo.Server
	harness *harness.Harness

	world string // of the schedule that runs

	mu      sync.Mutex
	answers map[string]string // of the schedule that runs, by session
}

func newCage(ctx context.Context, app zoo.App, o zoo.Options, options ...harness.Option) *cage {
	GinkgoHelper()
	server, err := app.Start(ctx, o)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(server.Close)
	options = append([]harness.Option{harness.BaseURL(server.URL()), harness.Seed(seed), harness.ActionTimeout(actionLimit)}, options...)
	return &cage{app: app, server: server, harness: harness.New(GinkgoT(), options...)}
}

// fresh begins a world that nobody has used.
func (c *cage) fresh(_ context.Context, n int) error {
	c.server.Drop(c.world)
	c.world, c.answers = strconv.Itoa(n), map[string]string{}
	return nil
}

// keepsItsRules is the invariant of the app.
func (c *cage) keepsItsRules(context.Context) error {
	if violations := c.server.Violations(c.world); len(violations) > 0 {
		return errors.New(strings.Join(violations, "; "))
	}
	return nil
}

// promises are what each exploration has in common.
func (c *cage) promises(more ...harness.ExploreOption) []harness.ExploreOption {
	return append([]harness.ExploreOption{
		harness.At(harness.Requests), patient, harness.Before(c.fresh), harness.Invariant("the rules are kept", c.keepsItsRules),
	}, more...)
}

// scenario has a step for each session, whose body runs the whole program. The name is the app's, with what is done with it.
func (c *cage) scenario(purpose string) *harness.Scenario {
	sc := c.harness.Scenario(c.app.Name + purpose)
	for _, visitor := range c.app.Sessions {
		user := c.harness.HTTP(visitor.Name, harness.WithGateway())
		sc.Step(user, "runs the program", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
			return visitor.Run(ctx, c.world, client{s, c})
		})
	}
	return sc
}

// client is a zoo.Client that goes through the gateway of a session.
type client struct {
	session *sessions.HTTP
	cage    *cage
}

var asJSON = http.Header{"Content-Type": {"application/json"}}

func (c client) Do(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	response, err := c.session.Do(ctx, method, path, asJSON, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	c.cage.heard(c.session.Name(), response.Body)
	return response.Status, response.Body, nil
}

func (c *cage) heard(session string, answer []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[session] += string(answer)
}

// told is what each session was answered.
func (c *cage) told(context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	for _, visitor := range c.app.Sessions {
		text.WriteString(visitor.Name + ":\n" + c.answers[visitor.Name])
	}
	return text.String(), nil
}
