package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
)

func phonebookCommand() *cobra.Command {
	var listen, database, defects string
	var allowRemote, verbose bool
	cmd := &cobra.Command{
		Use:   "phonebook",
		Short: "Run the phonebook, the application that the specs are about",
		Long: `Run the phonebook, a small multi-tenant web application with a real database, until it is interrupted.
It has the tenants acme and globex, each with an admin "owner" and the members "colleague" and "clerk"; every
password is "` + phonebook.DefaultPassword + `". A phonebook can be renamed or deleted only while it is empty.

It has pages for people and a JSON API below /api; "go doc ./fixtures/phonebook" describes both.

It is sound unless defects are switched on; --defects help lists them.`,
		Example: `  lockstep phonebook
  lockstep phonebook --listen 127.0.0.1:8080 --defects rename-check-then-act,quota-overrun
  lockstep phonebook --database postgres://me:secret@127.0.0.1:5432/phonebook
  lockstep phonebook --defects help`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if defects == "help" {
				return failed(listDefects(cmd.OutOrStdout()))
			}
			chosen, err := phonebook.ParseDefects(defects)
			if err != nil {
				return fmt.Errorf("--defects: %w", err)
			}
			o := phonebook.Options{Listen: listen, Database: database, Defects: chosen, AllowRemote: allowRemote}
			if verbose {
				o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			}
			return servePhonebook(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address to listen at; port 0 chooses a free one")
	cmd.Flags().StringVar(&database, "database", "", "SQLite file, or postgres:// address of a database (default: a file that is removed at the end)")
	cmd.Flags().StringVar(&defects, "defects", "", "defects to switch on, separated by commas; \"help\" lists them")
	cmd.Flags().BoolVar(&allowRemote, "insecure-allow-remote", false, "let --listen be an address that other machines reach, without TLS")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "log requests and errors")
	return cmd
}

func servePhonebook(ctx context.Context, out io.Writer, o phonebook.Options) (err error) {
	app, err := phonebook.Start(ctx, o)
	if errors.Is(err, phonebook.ErrInvalidOption) {
		return fmt.Errorf("--listen %s: want a loopback address such as 127.0.0.1:8080; --insecure-allow-remote lets others reach it: %w", o.Listen, err)
	}
	if err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, failed(app.Close())) }()
	for _, tenant := range []string{"acme", "globex"} {
		err := app.AddTenant(ctx, phonebook.Tenant{Name: tenant, Users: []phonebook.User{
			{Name: "owner", Role: phonebook.Admin}, {Name: "colleague"}, {Name: "clerk"},
		}})
		if err != nil && !errors.Is(err, phonebook.ErrTenantExists) { // a database of an earlier run has them
			return failed(err)
		}
	}
	fmt.Fprintf(out, "phonebook at %s (tenants acme, globex; users owner, colleague, clerk; password %q)\n", app.URL(), phonebook.DefaultPassword)
	for _, defect := range o.Defects {
		fmt.Fprintf(out, "defect on: %s\n", defect)
	}
	fmt.Fprintln(out, "interrupt to stop")
	<-ctx.Done()
	return nil
}

func listDefects(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DEFECT\tWHAT IT IS")
	for _, defect := range phonebook.Defects() {
		fmt.Fprintf(table, "%s\t%s\n", defect.Name, defect.Cause)
	}
	return table.Flush()
}
