package bench

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestAnotherDatabaseIsReachedAsTheFirst(t *testing.T) {
	for given, want := range map[string]string{
		"postgres://me@127.0.0.1/a":                   "postgres://me@127.0.0.1:5432/b?sslmode=prefer",
		"postgres://me@127.0.0.1/a?sslmode=disable":   "postgres://me@127.0.0.1:5432/b?sslmode=disable",
		"postgres://me:x@127.0.0.1/a?sslmode=require": "postgres://me:x@127.0.0.1:5432/b?sslmode=require",
		"postgres://me@/a?host=/run/pg&port=5433":     "postgres://me@/b?host=%2Frun%2Fpg&port=5433&sslmode=disable",
	} {
		config, err := pgx.ParseConfig(given)
		if err != nil {
			t.Fatal(err)
		}
		if got := within(config, "b"); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}
