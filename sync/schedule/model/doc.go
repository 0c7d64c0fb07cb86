// Package model is a system under test in memory: sessions that read and write shared variables, one step at a time, in the
// order that a chooser says, and an invariant that is to hold in the end.
//
// # Why
//
// A search over schedules can only be judged on systems of which the answer is known: how many orders there are, which of
// them differ, how deep the defect is. A model of a few lines has no goroutine and no network in it, and millions of its
// points are released in a second. It is also the smallest way to think about a race before a browser is
// opened.
//
// # Use
//
//	counter := model.Program{
//		Sessions: []model.Session{
//			{Name: "owner", Strands: [][]model.Step{{model.Read("n"), model.Write("n", 1)}}},
//			{Name: "colleague", Strands: [][]model.Step{{model.Read("n"), model.Write("n", 1)}}},
//		},
//		Check: func(value func(string) int) error { … },
//	}
//	m, err := model.New(counter)
//	report, err := schedule.Explore(ctx, schedule.Exhaustive(m.Independent), schedule.Budget{}, m.Execute)
//
// # Concurrency
//
// A Model is for one goroutine: it keeps the memory of an execution for the next one.
//
// # Errors
//
// [New] returns errors that wrap [schedule.ErrInvalidOption]. [Model.Execute] returns those of the chooser, and
// [ErrDeadlock] as the failure of an execution in which nobody can go on.
package model
