package main

import (
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
			version := "unknown"
			if ok && info.Main.Version != "" {
				version = info.Main.Version
			}
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
