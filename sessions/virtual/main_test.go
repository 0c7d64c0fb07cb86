package virtual_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(serverEnv); address != "" {
		serve(address)
		return
	}
	goleak.VerifyTestMain(m)
}
