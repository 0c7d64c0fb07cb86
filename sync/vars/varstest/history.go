package varstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/seed49090845/lockstep/sync/vars"
)

// Request is one operation as it was asked for.
type Request struct {
	// Operation is one of the methods of a Store, as in "Delta".
	Operation string
	Name, Key string
	// Value is what to set, add, append or await; Old is what CAS expects.
	Value, Old any
}

func (r Request) String() string {
	return fmt.Sprintf("%s(%s %s %v %v)", r.Operation, r.Name, r.Key, r.Old, r.Value)
}

// Response is what came back.
type Response struct {
	Value    vars.Value
	Length   int
	Done     bool
	Snapshot vars.Snapshot
	Err      error
}

// Do carries the request out.
func (r Request) Do(ctx context.Context, s vars.Store) (got Response) {
	switch r.Operation {
	case "Set":
		got.Value, got.Err = s.Set(ctx, r.Name, r.Value)
	case "Get":
		got.Value, got.Err = s.Get(ctx, r.Name)
	case "Delta":
		got.Value, got.Err = s.Delta(ctx, r.Name, r.Value)
	case "KeySet":
		got.Value, got.Err = s.KeySet(ctx, r.Name, r.Key, r.Value)
	case "KeyGet":
		got.Value, got.Err = s.KeyGet(ctx, r.Name, r.Key)
	case "KeyDelta":
		got.Value, got.Err = s.KeyDelta(ctx, r.Name, r.Key, r.Value)
	case "CAS":
		got.Done, got.Value, got.Err = s.CAS(ctx, r.Name, r.Old, r.Value)
	case "Append":
		got.Length, got.Err = s.Append(ctx, r.Name, r.Value)
	case "Push":
		got.Length, got.Err = s.Push(ctx, r.Name, r.Value)
	case "Pop":
		got.Value, got.Err = s.Pop(ctx, r.Name)
	case "Await":
		got.Value, got.Err = s.Await(ctx, "a client", r.Name, vars.AtLeast(r.Value))
	case "Snapshot":
		got.Snapshot, got.Err = s.Snapshot(ctx)
	default:
		panic("no operation " + r.Operation)
	}
	return got
}

// Event is a request of a client with its response, and with the moments of the call and of the return. Moments count
// up from 1, and no two are the same.
type Event struct {
	Client       int
	Call, Return int64
	Request      Request
	Response     Response
}

// Record lets as many clients as there are lists of requests do these one after the other, all clients at once, and
// returns what happened when all are done.
func Record(ctx context.Context, s vars.Store, clients [][]Request) []Event {
	var clock atomic.Int64
	var all sync.WaitGroup
	begin := make(chan struct{})
	histories := make([][]Event, len(clients))
	for client, requests := range clients {
		all.Go(func() {
			<-begin
			for _, r := range requests {
				e := Event{Client: client, Request: r, Call: clock.Add(1)}
				e.Response = r.Do(ctx, s)
				e.Return = clock.Add(1)
				histories[client] = append(histories[client], e)
			}
		})
	}
	close(begin)
	all.Wait()
	var history []Event
	for _, h := range histories {
		history = append(history, h...)
	}
	return history
}

// Requests draws a workload: for each client as many requests as told, on few names, so that clients get in each other's way.
// One in sixteen is a Snapshot, some remove variables, and some are refused.
func Requests(random *rand.Rand, clients, each int) [][]Request {
	all := make([][]Request, clients)
	for client := range all {
		for range each {
			all[client] = append(all[client], request(random))
		}
	}
	return all
}

func request(random *rand.Rand) Request {
	numbers, tables, lists := pick(random, "n1", "n2"), pick(random, "t1", "t2"), pick(random, "l1", "l2")
	key, n := pick(random, "a", "b"), random.IntN(3)
	switch random.IntN(16) {
	case 0:
		return Request{Operation: "Set", Name: numbers, Value: n}
	case 1:
		return Request{Operation: "Set", Name: pick(random, numbers, tables, lists)} // removes
	case 2, 3:
		return Request{Operation: "Get", Name: pick(random, numbers, tables, lists)}
	case 4, 5, 6:
		return Request{Operation: "Delta", Name: numbers, Value: n}
	case 7:
		return Request{Operation: "CAS", Name: numbers, Old: n, Value: n + 1}
	case 8:
		return Request{Operation: "KeySet", Name: tables, Key: key, Value: n}
	case 9:
		return Request{Operation: "KeyGet", Name: tables, Key: key}
	case 10:
		return Request{Operation: "KeyDelta", Name: tables, Key: key, Value: 1}
	case 11:
		return Request{Operation: "Append", Name: lists, Value: n}
	case 12:
		return Request{Operation: "Push", Name: lists, Value: n}
	case 13:
		return Request{Operation: "Pop", Name: lists}
	case 14:
		return Request{Operation: "Delta", Name: tables, Value: 1} // mostly refused
	}
	return Request{Operation: "Snapshot"}
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }
