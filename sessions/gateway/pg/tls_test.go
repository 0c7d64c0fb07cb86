package pg_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// certificate makes one for this machine, that vouches for itself.
func certificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// secure lets the tests' server speak TLS, and returns a file with whom to trust.
func secure(t *testing.T) (root string) {
	t.Helper()
	cert, key := certificate(t)
	admin := connect(t, postgres.Need(t).URL(), mode(pgx.QueryExecModeSimpleProtocol))
	for name, content := range map[string][]byte{"server.crt": cert, "server.key": key} {
		do(t, admin, "copy (select unnest(string_to_array('"+strings.TrimSpace(string(content))+"', e'\\n'))) to program 'umask 077; cat > "+name+"'")
	}
	do(t, admin, "alter system set ssl = on", "select pg_reload_conf()")
	t.Cleanup(func() {
		_, _ = admin.Exec(t.Context(), "alter system reset ssl")
		_, _ = admin.Exec(t.Context(), "select pg_reload_conf()")
	})
	root = filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(root, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTLSOnBothSides(t *testing.T) {
	root := secure(t)
	database := postgres.NeedDatabase(t)
	encrypted := func(mode string) string {
		return strings.Replace(database, "sslmode=disable", "sslmode="+mode+"&sslrootcert="+root, 1)
	}
	eventually(t, "the server speaks TLS", func() bool {
		conn, err := pgx.Connect(limited(t), encrypted("verify-full"))
		if err != nil {
			return false
		}
		_ = conn.Close(limited(t))
		return true
	})
	mine, err := tls.X509KeyPair(certificate(t))
	if err != nil {
		t.Fatal(err)
	}
	const asked = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
	for _, upstream := range []string{"verify-full", "require", "prefer", "disable"} {
		for client, certificate := range map[string]*tls.Certificate{"disable": nil, "prefer": nil, "require": &mine} {
			t.Run("server "+upstream+" application "+client, func(t *testing.T) {
				g, err := pg.Listen(limited(t), pg.Options{Upstream: encrypted(upstream), Certificate: certificate})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = g.Close() }()
				url := strings.Replace(g.URL(), "sslmode=disable", "channel_binding=disable&sslmode="+client, 1)
				if got := one[bool](t, connect(t, url), asked); got != (upstream != "disable") {
					t.Errorf("the server sees TLS: %t", got)
				}
				if upstream == "verify-full" && client != "require" { // libpq's mind about SCRAM differs from pgx's
					url = strings.Replace(url, "channel_binding=disable", "channel_binding=prefer", 1)
				}
				out, err := tool(t, asked, "psql", "-X", "-t", url)
				if need(t, out, err); (strings.TrimSpace(out) == "t") != (upstream != "disable") {
					t.Errorf("psql says %q", out)
				}
				for _, note := range g.Notes() {
					t.Error(note)
				}
			})
		}
	}
	other := filepath.Join(t.TempDir(), "other.crt")
	stranger, _ := certificate(t)
	if err := os.WriteFile(other, stranger, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.Listen(limited(t), pg.Options{Upstream: strings.Replace(encrypted("verify-full"), root, other, 1)}); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
	g, err := pg.Listen(limited(t), pg.Options{Upstream: database})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	if _, err := pgx.Connect(limited(t), strings.Replace(g.URL(), "sslmode=disable", "sslmode=require", 1)); err == nil {
		t.Error("an application that wants TLS got none and did not mind")
	}
}
