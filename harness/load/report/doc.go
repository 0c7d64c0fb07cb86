// Package report writes what became of a load run, for people and for machines, so that each figure means the same in
// all forms: text for a terminal, one HTML page that needs nothing beside it, JSON, CSV, JUnit, and a Prometheus
// endpoint and a live view while the run goes on.
//
// # Why
//
// A run is looked at by a person who wants to see at a glance whether and when it went wrong, and by programs that
// compare it with others. All forms are made of one Report, so none can say what another does not.
//
// # Use
//
//	result, err := load.Run(ctx, load.Options{Watch: []func(context.Context, *load.Live){report.Console(os.Stderr)}}, scenarios...)
//	r := report.New("shop", result)
//	err = report.Text(os.Stdout, r)
//	files, err := r.Write("artifacts")
//
// The JSON is described in schema.md, which Schema versions: names are added under the same version, and never change their
// meaning without another one.
//
// # Concurrency
//
// A Report does not change. Console and Prometheus return functions for load.Options.Watch, each for one run.
//
// # Errors
//
// Errors of the writer or the file system, wrapped with the path.
package report
