// Package drivers declares Ginkgo specs once for each driver of browsers, as containers with the driver's name as their label, so that no suite
// leaves one out or says it in another way.
//
// # Why not a table
//
// A DescribeTable has one body; suites have contexts with several specs, and harnesses that are made in them.
//
// # Use
//
//	drivers.Each(func(driver string) {
//		It("…", func(ctx SpecContext) { h := harness.New(GinkgoT(), harness.Driver(driver)) … })
//	})
//
// Where the variable LOCKSTEP_DRIVER names a driver, there is that one alone. It is called where Ginkgo builds its tree, as Describe is: by one goroutine, and without
// errors of its own.
package drivers
