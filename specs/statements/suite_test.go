package statements_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestStatements(t *testing.T) {
	postgres.Need(t)
	defer func() {
		if err := postgres.CloseShared(); err != nil {
			t.Error(err)
		}
	}()
	RegisterFailHandler(Fail)
	RunSpecs(t, "Statements")
}

// patient lets a busy machine take its time.
var patient = harness.PointLimit(20 * time.Second)

var made int // databases

// newDatabase is a gateway in front of an empty database.
func newDatabase(ctx context.Context) *pg.Gateway {
	GinkgoHelper()
	return gatewayTo(ctx, newURL(ctx))
}

// newURL is the address of an empty database.
func newURL(ctx context.Context) string {
	GinkgoHelper()
	made++
	url, err := postgres.Need(GinkgoTB()).NewDatabase(ctx, fmt.Sprintf("statements_%d", made))
	Expect(err).NotTo(HaveOccurred())
	return url
}

func gatewayTo(ctx context.Context, upstream string) *pg.Gateway {
	GinkgoHelper()
	g, err := pg.Listen(ctx, pg.Options{Upstream: upstream})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(g.Close)
	return g
}
