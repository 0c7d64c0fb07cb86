package pg

import "context"

// Gate decides when statements go on: each asks it before it goes to the server. It is how a scheduler stands at a
// gateway; rules are for people. Its methods are called by the goroutines of connections, several at a time, but for
// one connection one at a time: a statement begins when the one before it has ended.
type Gate interface {
	// Begin is told of a statement before anything of it has gone to the server, and returns what stands for it from then
	// on; nil lets it pass without being asked any more.
	Begin(s Statement) Passing
}

// Passing is a statement on its way through a gate.
type Passing interface {
	// Pass returns when the statement may go to the server; an error breaks the connection, on both sides. The context
	// ends with the connection, from either side, and with the gateway.
	Pass(ctx context.Context) error
	// Waits is told when the server says that the statement waits for locks that others hold, and again when that has
	// changed. still asks the server anew, which takes a fraction of a millisecond: true means that it waits still, false that
	// it does not, that its answer has come, or that the server cannot be asked (Notes says so). Waits must return
	// soon: it is called by the one goroutine that asks the server about all statements.
	Waits(by []Backend, still func(context.Context) bool)
	// Back is asked once if the statement was said to wait, when its answer has come, or when so much of it that
	// it cannot be kept any longer; it returns when the application may see it. An error breaks the connection.
	Back(ctx context.Context) error
	// End is told once, before the last of the answer is handed to the application, or when the connection broke.
	End(o Outcome)
}

// Statement is what a gate knows of a statement when it begins.
type Statement struct {
	// Connection is the number of the application's connection, from 1.
	Connection int
	// Backend is the process that serves the connection.
	Backend uint32
	// Application is the connection's application_name, as it was when the connection was made.
	Application string
	// SQL is as it was sent: all statements of a simple query, at most the first 32 KiB.
	SQL string
	// Name is SQL without values and comments, and at most 80 runes: a longer one ends in … and four hex digits of its hash.
	Name string
	Kind Kind
	// Comment has the tags of a sqlcommenter comment; nil if there are none.
	Comment map[string]string
	// InTransaction tells whether it is in a transaction that it does not end by itself, and Transaction which of its
	// connection that is, from 1; 0 where it is in none.
	InTransaction bool
	Transaction   int
	// ReadOnly tells whether it certainly changes nothing that another could see: it only reads, calls only functions of a
	// short list, and is not known to be serializable. Operators, views and casts are taken to have no effects.
	ReadOnly bool
}

// Backend is a process of the server.
type Backend struct {
	// PID is 0 for a transaction that was prepared for a two-phase commit: nobody serves it.
	PID uint32
	// Connection is the gateway's number; 0 if it is none of the gateway's.
	Connection int
}

// Outcome is what became of a statement.
type Outcome struct {
	// Tag is what the server says that it did, as in "UPDATE 1"; the last one of several.
	Tag string
	// State is the SQLSTATE of its failure, as in "40P01"; empty if it did not fail.
	State string
	// Err is why it is not known what became of it; nil otherwise.
	Err error
}

// Guard makes statements that begin from now on ask the gate; nil lets them pass.
func (g *Gateway) Guard(gate Gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gate = gate
	g.observed()
}
