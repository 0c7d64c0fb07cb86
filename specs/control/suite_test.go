package control_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestControl(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Control")
}

// withEachDriver declares the specs once for each driver, or for the one that LOCKSTEP_DRIVER names.
func withEachDriver(declare func(driver string)) {
	if name := os.Getenv(sessions.EnvDriver); name != "" {
		Context("driven by "+name, Label(name), func() { declare(name) })
		return
	}
	for _, driver := range sessions.Drivers() {
		Context("driven by "+driver.Name(), Label(driver.Name()), func() { declare(driver.Name()) })
	}
}

// browse are the parameters of the scenario that the service has beside those that are built in.
type browse struct {
	URL string `json:"url"`
}

// prepare has users who look again and again, and count themselves; every tenth look fails.
func (p browse) prepare() (control.Prepared, error) {
	target, err := virtual.NewTarget(virtual.Options{BaseURL: p.URL})
	return control.One(load.Scenario{Name: "browse", Target: target, Pause: profile.ExponentialPause(20e6), User: func(ctx context.Context, u *load.User) error {
		_, looked := u.Get(ctx, "/<b>items</b>")
		_, counted := u.Vars().Delta(ctx, "LOOKS", 1)
		return errors.Join(looked, counted, u.Pause(ctx))
	}}), err
}

// service starts a run service and a shop that runs can be pointed at, and returns their addresses.
func service(ctx context.Context, token string) (server *control.Server, address, shop string) {
	GinkgoHelper()
	var looks atomic.Int64
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if looks.Add(1)%10 == 0 {
			http.Error(w, "sold out", http.StatusConflict)
			return
		}
		fmt.Fprint(w, "items")
	}))
	DeferCleanup(app.Close)
	stop := make(chan struct{})
	server, err := control.New(ctx, control.Options{Listen: "127.0.0.1:0", Token: token, Stop: stop, Drain: -1, Scenarios: []control.Scenario{
		control.Define("browse", "Users look at items", func(_ context.Context, p browse) (control.Prepared, error) { return p.prepare() }),
	}})
	Expect(err).NotTo(HaveOccurred())
	listener, err := server.Listen(ctx)
	Expect(err).NotTo(HaveOccurred())
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.WithoutCancel(ctx), listener) }()
	DeferCleanup(func() {
		close(stop)
		Expect(<-served).To(Succeed())
		Expect(server.Close()).To(Succeed())
	})
	return server, server.URL(listener), app.URL
}
