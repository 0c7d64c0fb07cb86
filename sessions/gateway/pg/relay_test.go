package pg

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// letting is a gate that lets everything pass and wants to know of it.
type letting struct{}

func (letting) Begin(Statement) Passing                         { return letting{} }
func (letting) Pass(context.Context) error                      { return nil }
func (letting) Waits(_ []Backend, _ func(context.Context) bool) {}
func (letting) Back(context.Context) error                      { return nil }
func (letting) End(Outcome)                                     {}

// relayed relays what both sides say, until they have ended, and returns what came of it.
func relayed(t *testing.T, fromClient, fromServer []byte, gate Gate) (toServer, toClient []byte) {
	g := &Gateway{options: Options{MaxMessage: 1 << 20, HandshakeTimeout: time.Minute, Record: 100}, backends: map[uint32]*conn{}, noted: map[string]bool{}}
	g.life, g.end = context.WithCancelCause(t.Context())
	defer g.end(nil)
	g.record = newRecord(g.options)
	g.watcher = &watcher{gateway: g, waiting: map[*statement]*asked{}, kick: make(chan struct{}, 1)}
	g.Guard(gate)
	client, application := net.Pipe()
	server, database := net.Pipe()
	var others sync.WaitGroup
	speak := func(conn net.Conn, says []byte, hears *[]byte) {
		spoken := make(chan struct{})
		others.Go(func() { defer close(spoken); _, _ = conn.Write(says) })
		others.Go(func() { *hears, _ = io.ReadAll(conn) })
		others.Go(func() {
			<-spoken
			if conn == database { // the application has gone, or is waiting for more
				_ = conn.Close()
			}
		})
	}
	speak(application, fromClient, &toClient)
	speak(database, fromServer, &toServer)
	c := g.newConn(client, bufio.NewReaderSize(client, window), server, nil)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.relay()
		c.leave()
	}()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatalf("it hangs; the application said %q, the server %q", fromClient, fromServer)
	}
	_, _, _, _ = application.Close(), database.Close(), client.Close(), server.Close()
	others.Wait()
	for _, e := range g.Record() {
		if e.Done.IsZero() {
			t.Errorf("it has not ended: %+v", e)
		}
	}
	return toServer, toClient
}

func FuzzRelay(f *testing.F) {
	start := "R\x00\x00\x00\x08\x00\x00\x00\x00K\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00\x02Z\x00\x00\x00\x05I"
	query := string(message('Q', "select 1"))
	answer := start + string(message('T', uint16(0))) + string(message('D', uint16(0))) + string(message('C', "SELECT 1")) + "Z\x00\x00\x00\x05I"
	extended := string(message('P', "", "select 1", uint16(0))) + string(message('B', "", "", uint16(0), uint16(0), uint16(0))) + string(message('E', "", uint32(0)))
	f.Add([]byte(query), []byte(answer), false)
	f.Add([]byte(query+query), []byte(answer), true)
	f.Add([]byte(extended+"S\x00\x00\x00\x04"), []byte(start+"1\x00\x00\x00\x042\x00\x00\x00\x04"+string(message('C', "SELECT 1"))+"Z\x00\x00\x00\x05I"), true)
	f.Add([]byte(extended+extended), []byte(start+string(message('E', byte('C'), "40001", byte(0)))), true)
	f.Add([]byte("Q\xff\xff\xff\xff"), []byte("Z\x00\x00\x00\x00"), false)
	f.Add([]byte("C\x00\x00\x00\x04B\x00\x00\x00\x04E\x00\x00\x00\x04D\x00\x00\x00\x04F\x00\x00\x00\x04c\x00\x00\x00\x04"), []byte("G\x00\x00\x00\x04E\x00\x00\x00\x04K\x00\x00\x00\x04R\x00\x00\x00\x08\x00\x00\x00\x0aZ\x00\x00\x00\x04C\x00\x00\x00\x04"), true)
	f.Fuzz(func(t *testing.T, fromClient, fromServer []byte, guarded bool) {
		var gate Gate
		if guarded {
			gate = letting{}
		}
		toServer, toClient := relayed(t, fromClient, fromServer, gate)
		if !guarded && !bytes.HasPrefix(fromClient, toServer) {
			t.Errorf("the application said %q, the server heard %q", fromClient, toServer)
		}
		heard, _, _ := bytes.Cut(toClient, []byte("E\x00\x00\x00")) // errors may be the gateway's own
		if !bytes.Contains(fromServer, []byte{'R'}) && !bytes.HasPrefix(fromServer, heard) {
			t.Errorf("the server said %q, the application heard %q", fromServer, toClient)
		}
	})
}
