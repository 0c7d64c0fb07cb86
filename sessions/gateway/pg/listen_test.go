package pg_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestListenTellsWhatIsMissing(t *testing.T) {
	database := postgres.NeedDatabase(t)
	direct := connect(t, database)
	name := fmt.Sprintf("r%d", time.Now().UnixNano())
	do(t, direct, "create role "+name+" login password 'x'", "revoke connect on database "+direct.Config().Database+" from public")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = direct.Exec(ctx, "drop owned by "+name+"; drop role "+name)
	})
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	as := func(password string) error {
		t.Helper()
		way := *u
		way.User = url.UserPassword(name, password)
		g, err := pg.Listen(limited(t), pg.Options{Upstream: way.String()})
		if err == nil {
			_ = g.Close()
		}
		return err
	}
	wants := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wrong-password") {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	wants(as("wrong-password"), "needs LOGIN and the password")
	wants(as("x"), "needs CONNECT on the database")
	do(t, direct, "grant connect on database "+direct.Config().Database+" to "+name, "revoke execute on function pg_blocking_pids(int) from public")
	wants(as("x"), "EXECUTE on pg_blocking_pids")
	do(t, direct, "grant execute on function pg_blocking_pids(int) to "+name)
	if err := as("x"); err != nil {
		t.Errorf("with all that it needs: %v", err)
	}
	_, err = pg.Listen(limited(t), pg.Options{Listen: "0.0.0.0:0", Record: -1})
	wants(err, "loopback only")
	wants(err, "none may be negative")
	wants(err, "upstream is empty")
	_, err = pg.Listen(limited(t), pg.Options{Upstream: "postgres://127.0.0.1:1/x"})
	wants(err, "connection refused")
}
