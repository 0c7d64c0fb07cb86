package bench

import (
	"os"
	"testing"

	"github.com/seed49090845/lockstep/fixtures/postgres"
)

func TestMain(m *testing.M) { os.Exit(postgres.CloseAfter(m).Run()) }
