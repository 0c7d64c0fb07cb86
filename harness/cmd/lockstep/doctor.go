package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

func doctorCommand() *cobra.Command {
	var asJSON, install bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine can run browser sessions",
		Long: `Check that this machine can run browser sessions: that there is a browser, which, and that every driver can
open a page in it. What is missing is named with how to get it.

Exit code 2 if something is missing.`,
		Example: `  lockstep doctor
  lockstep doctor --install
  LOCKSTEP_BROWSER=/usr/bin/google-chrome lockstep doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if install {
				if err := ensureBrowser(ctx, cmd.ErrOrStderr()); err != nil {
					return &failure{exitFound, err}
				}
			}
			d := examine(ctx)
			if asJSON {
				if err := printJSON(cmd, d); err != nil {
					return err
				}
			} else {
				d.print(cmd.OutOrStdout())
			}
			if !d.OK {
				return found("this machine cannot run browser sessions yet; see above")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&install, "install", false, "install a browser first where there is none (apt-get, as root or with sudo)")
	return cmd
}

// diagnosis is what doctor found.
type diagnosis struct {
	OK      bool          `json:"ok"`
	System  string        `json:"system"`
	Go      string        `json:"go"`
	CPUs    int           `json:"cpus"`
	Browser string        `json:"browser,omitempty"`
	Source  string        `json:"browser_found_by,omitempty"`
	Version string        `json:"browser_version,omitempty"`
	Sandbox string        `json:"sandbox"`
	Temp    string        `json:"temporary_folder"`
	Drivers []driverTrial `json:"drivers,omitempty"`
	// Missing has a line for each thing that is not as it should be, with what to do.
	Missing []string `json:"missing,omitempty"`
}

// driverTrial is what became of a page that a driver opened.
type driverTrial struct {
	Name    string `json:"name"`
	OpenMS  int64  `json:"open_ms,omitempty"`
	Problem string `json:"problem,omitempty"`
}

func examine(ctx context.Context) *diagnosis {
	d := &diagnosis{
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), CPUs: runtime.NumCPU(),
		Sandbox: "on", Temp: os.TempDir(),
	}
	if os.Geteuid() == 0 {
		d.Sandbox = "off: Chromium has none for root; run as another user to have it"
	}
	executable, err := browser.Find()
	if err != nil {
		d.Missing = append(d.Missing, err.Error())
		return d
	}
	d.Browser, d.Source = executable.Path, executable.Source
	if d.Version, err = executable.Version(ctx); err != nil {
		d.Missing = append(d.Missing, "the browser does not tell its version: "+err.Error())
		return d
	}
	for _, driver := range sessions.Drivers() {
		trial := try(ctx, driver, executable)
		d.Drivers = append(d.Drivers, trial)
		if trial.Problem != "" {
			d.Missing = append(d.Missing, driver.Name()+": "+trial.Problem)
		}
	}
	d.OK = len(d.Missing) == 0
	return d
}

// try opens a page and lets it compute something.
func try(ctx context.Context, driver browser.Driver, executable browser.Executable) (trial driverTrial) {
	trial.Name = driver.Name()
	err := func() (err error) {
		pool, err := browser.NewPool(driver, browser.PoolOptions{Launch: browser.LaunchOptions{Executable: executable}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pool.Close()) }()
		if _, err := pool.Address(ctx); err != nil {
			return err
		}
		start := time.Now()
		s, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: "doctor"}, sessions.BrowserOptions{})
		if err != nil {
			return err
		}
		var sum int
		if err := s.Evaluate(ctx, "40 + 2", &sum); err != nil || sum != 42 {
			return fmt.Errorf("40 + 2 in a page: %d, %w", sum, err)
		}
		trial.OpenMS = time.Since(start).Milliseconds()
		return s.Close(ctx)
	}()
	if err != nil {
		trial.Problem = err.Error()
	}
	return trial
}

func (d *diagnosis) print(w io.Writer) {
	line := func(ok bool, name, text string) {
		sign := "✓"
		if !ok {
			sign = "✗"
		}
		fmt.Fprintf(w, "%s %-10s %s\n", sign, name, text)
	}
	line(true, "system", fmt.Sprintf("%s, %s, %d CPUs", d.System, d.Go, d.CPUs))
	line(d.Version != "", "browser", orNone(d.Version))
	if d.Browser != "" {
		line(true, "found", fmt.Sprintf("%s (%s)", d.Browser, d.Source))
	}
	line(true, "sandbox", d.Sandbox)
	for _, trial := range d.Drivers {
		text := fmt.Sprintf("a session opens in %d ms", trial.OpenMS)
		if trial.Problem != "" {
			text = trial.Problem
		}
		line(trial.Problem == "", trial.Name, text)
	}
	for _, missing := range d.Missing {
		fmt.Fprintf(w, "\nmissing: %s\n", missing)
	}
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
