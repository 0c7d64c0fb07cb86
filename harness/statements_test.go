package harness

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// stage has the owner and a colleague, whose points count, and the gate of a database; nobody releases anything.
type stage struct {
	t *testing.T
	*statements
}

func newStage(t *testing.T, granules Granularity) *stage {
	t.Helper()
	h := &Harness{}
	e := &exploration{names: &requestNames{}, result: &ExploreResult{}}
	e.database, e.granules = &pg.Gateway{}, granules
	s := e.newScheduling(nil, nil)
	scheduler, err := schedule.New(schedule.Options{Sessions: []string{"owner", "colleague"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"owner", "colleague"} {
		u := &user{
			scheduling: s, session: &Session{harness: h, given: name}, body: true, counts: true,
			exchanges: map[*passing]bool{}, numbers: map[string][]int{}, change: make(chan struct{}), lane: scheduler.Session(name),
		}
		u.strand = u.lane.Start(nil)
		s.users = append(s.users, u)
	}
	s.scheduler = scheduler
	s.guard()
	s.statements.count()
	return &stage{t, s.statements}
}

// arrives is a request that is held before its server.
func (s *stage) arrives(who int, path string, header ...gateway.Field) *passing {
	s.t.Helper()
	return s.users[who].Begin(gateway.Passage{Method: "POST", URL: &url.URL{Host: "app", Path: path}, Header: header}).(*passing)
}

// sends is one that was let go.
func (s *stage) sends(who int, path string, header ...gateway.Field) *passing {
	s.t.Helper()
	x := s.arrives(who, path, header...)
	s.moves(x)
	return x
}

// of is whose a statement is taken for; nil for nobody's.
func (s *stage) of(statement pg.Statement) *passing {
	s.t.Helper()
	st, held := s.Begin(statement).(*stating)
	if !held {
		return nil
	}
	defer st.End(pg.Outcome{})
	return st.request
}

func (s *stage) want(what string, got, want *passing) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: it is that of %v, want %v", what, nameOf(got), nameOf(want))
	}
}

func nameOf(x *passing) string {
	if x == nil {
		return "nobody"
	}
	return x.user.session.Name() + " " + x.what
}

func query(connection, transaction int) pg.Statement {
	return pg.Statement{Connection: connection, Name: "SELECT ?", InTransaction: transaction > 0, Transaction: transaction}
}

func TestAStatementIsThatOfItsTransaction(t *testing.T) {
	s := newStage(t, 0)
	one, two := s.sends(0, "/one"), s.sends(1, "/two")
	s.moves(one)
	s.want("what begins a transaction", s.of(query(1, 1)), one)
	s.moves(two)
	s.want("what goes on in it while another moves", s.of(query(1, 1)), one)
	s.want("the next transaction of the connection, whose last end was not seen", s.of(query(1, 2)), two)
	s.want("what is in none", s.of(query(1, 0)), two)
	s.want("another connection", s.of(query(2, 1)), two)
}

func TestAStatementAfterTheAnswerIsNamed(t *testing.T) {
	s := newStage(t, 0)
	one := s.sends(0, "/one")
	s.want("before the answer", s.of(query(1, 1)), one)
	one.End()
	commit := pg.Statement{Connection: 1, Name: "COMMIT", Kind: pg.Commit, Application: "shop", InTransaction: true, Transaction: 1}
	s.want("after it", s.of(commit), nil)
	two := s.sends(1, "/two")
	s.want("after it, while another moves", s.of(commit), nil)
	s.want("the next transaction", s.of(query(1, 2)), two)
	want := `"COMMIT" of application "shop" passed: it is in a transaction of owner POST /one, which had been answered already`
	if !slices.Equal(s.surprises, []string{want}) {
		t.Errorf("the surprises are %q, want %q", s.surprises, want)
	}
}

func TestAStatementOfNobodyIsNamed(t *testing.T) {
	s := newStage(t, 0)
	s.want("before any request", s.of(query(1, 0)), nil)
	if len(s.surprises) != 1 || !strings.Contains(s.surprises[0], "no request was under way") {
		t.Errorf("the surprises are %q", s.surprises)
	}
	one := s.sends(0, "/one")
	s.users[0].counts = false // the gateway has not come to the end of the last request when the epilogue begins
	s.want("of a request that is no point", s.of(query(1, 0)), nil)
	if s.users[0].counts = true; s.of(query(1, 0)) != one || len(s.surprises) != 1 {
		t.Errorf("the surprises are %q", s.surprises)
	}
}

// What was held and went away was not released: whoever moves goes on moving.
func TestWhoGoesAwayDoesNotMove(t *testing.T) {
	s := newStage(t, 0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	one, two := s.sends(0, "/one"), s.sends(1, "/two")
	s.moves(one)
	cancelled := s.Begin(query(1, 0))
	s.moves(two)
	if err := cancelled.Pass(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("the statement: %v", err)
	}
	s.want("when a statement was cancelled", s.of(query(2, 0)), two)
	cancelled.Waits([]pg.Backend{{PID: 1}}, func(context.Context) bool { return true })
	if err := cancelled.Back(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("the answer: %v", err)
	}
	s.want("when an answer was not wanted any more", s.of(query(2, 0)), two)
	if err := s.arrives(0, "/three").Pass(gone, gateway.RequestOut); !errors.Is(err, context.Canceled) {
		t.Errorf("the request: %v", err)
	}
	s.want("when a request was cancelled", s.of(query(2, 0)), two)
}

func TestAStatementIsThatOfTheRequestThatItNames(t *testing.T) {
	const trace, other = "0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c"
	says := func(key, value string) pg.Statement {
		return pg.Statement{Connection: 1, Comment: map[string]string{key: value}}
	}
	parent := func(trace string) string { return "00-" + trace + "-b7ad6b7169203331-01" }
	header := func(trace string) gateway.Field { return gateway.Field{Name: "traceparent", Value: parent(trace)} }

	s := newStage(t, 0)
	one := s.sends(0, "/books/7", header(trace))
	two := s.sends(1, "/shelves/7/rename", header(other))
	held := s.arrives(0, "/books/8", header(trace))
	again := s.sends(1, "/shelves/8", header(other))
	for _, test := range []struct {
		what      string
		moved     *passing
		statement pg.Statement
		want      *passing
	}{
		{"the trace of another", two, says("traceparent", parent(trace)), one},
		{"its own trace, which another has, too", two, says("traceparent", parent(other)), two},
		{"its own trace, which another has, too", again, says("traceparent", parent(other)), again},
		{"a trace of two others", one, says("traceparent", parent(other)), one},
		{"a trace of none", one, says("traceparent", parent(strings.Repeat("f", 32))), one},
		{"the route of another", two, says("route", "/books/{id}"), one},
		{"its own route", two, says("route", "/shelves/:id/rename"), two},
		{"a route within a part of the application", two, says("route", "/:id/rename"), two},
		{"a route of a part, and another moves", one, says("route", "/:id/rename"), two},
		{"a route of none", one, says("route", "/nowhere"), nil},
		{"what is no route", one, says("route", "books.views.show"), one},
	} {
		s.moves(test.moved)
		s.want(test.what, s.of(test.statement), test.want)
	}
	if held.out {
		t.Error("the request is held")
	}
}

// An application may begin its response before its last statement: then the response waits for the statement, once it is let go.
func TestAResponseWaitsForAStatement(t *testing.T) {
	s := newStage(t, Requests|Responses)
	for _, u := range s.users[1:] {
		u.lane.Finish()
		u.strand.End()
	}
	one := s.sends(0, "/one")
	released, done := make(chan string), make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() {
		done <- s.scheduler.Run(ctx, schedule.ChooserFunc(func(pending []schedule.Pending) (int, error) {
			released <- pending[len(pending)-1].What // the response, which is after the statement in the alphabet
			return len(pending) - 1, nil
		}))
	}()
	responded, stated := make(chan error, 1), make(chan error, 1)
	st := s.Begin(query(1, 0))
	one.strand.Resume() // the response comes while the statement is under way
	go func() { responded <- one.Pass(ctx, gateway.ResponseIn) }()
	for s.users[0].lane.Held() == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	go func() { stated <- st.Pass(ctx) }()
	for _, want := range []string{"response to POST /one", "POST /one · SELECT ?"} {
		select {
		case got := <-released:
			if got != want {
				t.Fatalf("%s was released, want %s", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("%s was not released", want)
		}
	}
	if err := errors.Join(<-responded, <-stated); err != nil {
		t.Error(err)
	}
	st.End(pg.Outcome{})
	s.users[0].lane.Finish()
	one.End()
	s.users[0].strand.End()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestHolders(t *testing.T) {
	s := newStage(t, 0)
	s.sends(0, "/one")
	s.of(query(3, 0))
	for name, test := range map[string]struct {
		by   []pg.Backend
		want string
	}{
		"a request, named once":   {[]pg.Backend{{PID: 1, Connection: 3}, {PID: 1, Connection: 3}}, "a lock of owner POST /one"},
		"somebody else":           {[]pg.Backend{{PID: 7}}, "a lock of backend 7 of the database, which is none of the application's"},
		"what nobody serves":      {[]pg.Backend{{}}, "a lock of a transaction that was prepared for a two-phase commit"},
		"a worker, and a request": {[]pg.Backend{{PID: 2, Connection: 4}, {PID: 1, Connection: 3}}, "a lock of connection 4 of the application, on which no request has sent a statement yet and owner POST /one"},
	} {
		if got := s.holders(test.by); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Where an application has a state of its own, what it does after a read may matter.
func TestWhatCommutes(t *testing.T) {
	for name, test := range map[string]struct {
		granules Granularity
		method   string
		want     bool
	}{
		"nothing matters but the statements":               {0, "POST", true},
		"a request that changes something besides":         {Requests, "POST", false},
		"a safe request, where some change things besides": {Requests, "GET", true},
	} {
		s := newStage(t, test.granules)
		x := s.users[0].Begin(gateway.Passage{Method: test.method, URL: &url.URL{Path: "/one"}}).(*passing)
		s.moves(x)
		st := s.Begin(pg.Statement{Connection: 1, Name: "SELECT ?", ReadOnly: true}).(*stating)
		if st.safe != test.want {
			t.Errorf("%s: a read commutes: %t", name, st.safe)
		}
		answer := schedule.Point{Session: "owner", What: answerWord + st.what, Nth: 1}
		if got := s.harmless(answer) || s.stateless(x); got != test.want {
			t.Errorf("%s: its answer commutes: %t", name, got)
		}
	}
}

func TestDrawn(t *testing.T) {
	for what, want := range map[string]string{
		`starts "adds · a contact"`:                    `starts "adds · a contact"`,
		"POST /books/{id}":                             "POST /books/{id}",
		"response to POST /books/{id}":                 "response to POST /books/{id}",
		"POST /books/{id} · SELECT ?":                  "· SELECT ?",
		`POST /books/{id} · SELECT "a · b" before "c"`: `· SELECT "a · b" before "c"`,
		"answer to POST /books/{id} · UPDATE books":    "· answer to UPDATE books",
	} {
		before := []schedule.Event{{Session: "owner", Point: schedule.Point{Session: "owner", What: what, Nth: 1}}}
		if got := drawn(before); got[0].Point.What != want || before[0].Point.What != what {
			t.Errorf("%s: drawn as %q, want %q", what, got[0].Point.What, want)
		}
	}
}

// The words of constraints, and quotes, may be in a statement.
func TestStatementsInText(t *testing.T) {
	var all schedule.Schedule
	for _, sql := range []string{
		`SELECT a before b`, `SELECT "a"`, `SELECT a #> ?`, `SELECT "·" · "#2"`, `"weird" SELECT `, "SELECT \"a\u00a0b\"…1a2b", `<text> & 'more'`,
	} {
		all = append(all, schedule.Point{Session: "acme.owner", What: "POST /books/{id}" + statementWord + sql, Nth: len(all) + 1})
	}
	if again, err := schedule.Parse(all.String()); err != nil || !slices.Equal(again, all) {
		t.Errorf("%q, %v", again, err)
	}
	var lines []string
	for i := range all[1:] {
		lines = append(lines, schedule.Constraint{First: all[i], Then: all[i+1]}.String())
	}
	again, err := schedule.ParseConstraints(strings.Join(lines, "\n"))
	if err != nil || len(again) != len(lines) {
		t.Fatalf("%v", err)
	}
	for i := range again {
		if again[i].First != all[i] || again[i].Then != all[i+1] {
			t.Errorf("line %d: %+v", i+1, again[i])
		}
	}
	svg := drawSVG([]string{"acme.owner"}, drawn([]schedule.Event{{Session: "acme.owner", Point: all[6]}}))
	if want := `· &lt;text&gt; &amp; &#39;more&#39;`; !strings.Contains(svg, want) {
		t.Errorf("the drawing has no %s: %s", want, svg)
	}
}
