// Package report writes the results of scenarios for people and for machines: a table for the terminal, JUnit
// for build servers, JSON for whatever comes after.
//
// # Why
//
// A test framework reports specs; a scenario has steps of several users, and who failed, who was kept from
// running and because of whom is what readers want to know. The same results are written in three forms, and
// none of them loses an outcome: in JUnit, which knows fewer, a blocked step is an error, so that a build whose
// preconditions fail is never green, and a precondition or a postcondition appears only if it did not pass.
//
// # Use
//
//	results, err := harness.Results(ginkgoReport)
//	files, err := report.Write("artifacts", "phonebook", results)
//	err = report.Table(os.Stdout, results, report.TableOptions{})
//
// # Concurrency
//
// Functions without state; results are read and not changed.
//
// # Errors
//
// Errors of the writer or the file system, wrapped with the path. Read refuses files of another schema with an
// error that wraps ErrSchema.
package report
