package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of Lockstep and of what it is built with",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return failed(errors.New("version: this program was built without module information"))
			}
			version := cmp.Or(info.Main.Version, "unknown")
			fmt.Fprintf(cmd.OutOrStdout(), "lockstep %s, %s, %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			for _, dependency := range info.Deps {
				switch dependency.Path {
				case "github.com/chromedp/chromedp", "github.com/go-rod/rod", "github.com/onsi/ginkgo/v2", "github.com/onsi/gomega":
					fmt.Fprintf(cmd.OutOrStdout(), "  %s %s\n", dependency.Path, dependency.Version)
				}
			}
			return nil
		},
	}
}
