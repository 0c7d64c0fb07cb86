// Package client speaks to the run service as programs do: each call is one request, and what the service refuses is an
// error with all its reasons.
//
// # Why
//
// The service is described by OpenAPI, and any language can make a client of that. For Go this one has the service's own
// types, so that figures and run variables (exact integers, too) are what they are there.
//
// # Use
//
//	c, err := client.New(client.Options{Server: "http://127.0.0.1:7400"})
//	defer c.Close()
//	run, err := c.Start(ctx, control.Start{Scenario: "url", Params: params, Total: 100, CPS: 10})
//	run, err = c.Watch(ctx, run.ID, func(now *control.Run) { fmt.Println(now.Counts) })
//
// # Concurrency
//
// A Client may be used by many goroutines. It starts none but those of net/http; Close ends connections that are kept.
//
// # Errors
//
// A *ProblemError is what the service refused (RFC 9457); ErrCut says that events ended before their run did. Others are
// those of the network.
package client
