package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed49090845/lockstep/fixtures/postgres"
)

func TestMain(m *testing.M) {
	testscript.Main(postgres.CloseAfter(m), map[string]func(){"lockstep": func() { os.Exit(run(os.Args[1:])) }})
}

// TestCommands runs the command line as its users do: one script for each command.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"LOCKSTEP_BROWSER", "CI"} {
				env.Setenv(name, os.Getenv(name))
			}
			// The folder of the commands under test alone, for machines that have nothing else.
			bin, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
			env.Setenv("BARE_PATH", bin)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":           exits,
			"phonebook":       startPhonebook,
			"interrupted":     interruptPhonebook,
			"shop":            startShop,
			"interruptedload": interruptLoad,
			"service":         startService,
			"endservice":      endService,
		},
	})
}
