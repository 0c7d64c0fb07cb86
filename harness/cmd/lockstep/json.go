package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

// printJSON prints a value for machines to read.
func printJSON(cmd *cobra.Command, value any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetIndent("", "  ")
	return failed(encoder.Encode(value))
}
