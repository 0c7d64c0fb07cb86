package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// window is so many blocks that a request which is sent at the same moment comes well within it.
const window = 80

func TestARaceFindsWhatComesBetweenACheckAndItsAct(t *testing.T) {
	b := newBook(t, &book{work: window})
	result := newDuel(t, b).race(b).Repeat(t.Context(), harness.Rounds{N: 100, UntilViolated: true})
	released := result.Released
	if released.Violations != 1 || len(released.Problems) > 0 || released.Rate == 0 {
		t.Fatal(result)
	}
	last := released.List[len(released.List)-1]
	if !slices.Equal(last.Violations, []string{"a filled book keeps its name: " + errRenamed.Error()}) || last.Stored != "contact, renamed" {
		t.Errorf("the last round is that of the violation: %+v", last)
	}
	if last.Order[0] != "owner" || !last.Arrived || last.Apart >= 0 || last.Apart != -last.Spread {
		t.Errorf("the check came first: %+v", last)
	}
	if len(result.Files) == 0 {
		t.Error("there is no evidence of the violation")
	}
	wantText(t, result.Err().Error(), fmt.Sprintf("first in round %d: a filled book", last.Number), "✗ 1×  owner first")
	if ok, err := harness.HoldInEveryRound().Match(result); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestARaceIsSilentOnTheSoundTwin(t *testing.T) {
	b := newBook(t, &book{work: window, sound: true})
	result := newDuel(t, b).race(b).Repeat(t.Context(), harness.Rounds{N: 15, Plain: true})
	if ok, err := harness.HoldInEveryRound().Match(result); !ok || err != nil || result.Released.Rounds != 15 || result.Plain.Rounds != 15 {
		t.Errorf("%v\n%v", err, result)
	}
}

// The book has one class for each order of check, contact and act; which of them come up is the machine's choice.
func TestClassesOfOutcomes(t *testing.T) {
	b := newBook(t, &book{work: 2})
	result := newDuel(t, b).race(b).Repeat(t.Context(), harness.Rounds{N: 12})
	possible := map[harness.Class]bool{
		{First: "owner", Saw: "owner 200, colleague 200", Stored: "contact, renamed"}:   true, // violated
		{First: "owner", Saw: "owner 200, colleague 200", Stored: "renamed, contact"}:   false,
		{First: "colleague", Saw: "owner 409 failed, colleague 200", Stored: "contact"}: false,
	}
	rounds := 0
	for i, c := range result.Released.Classes {
		violated, ok := possible[harness.Class{First: c.First, Saw: c.Saw, Stored: c.Stored}]
		if !ok || violated && c.Violations != c.Rounds || !violated && c.Violations != 0 {
			t.Errorf("class %+v", c)
		}
		if i > 0 && c.Rounds > result.Released.Classes[i-1].Rounds {
			t.Errorf("the most frequent is not first: %+v", result.Released.Classes)
		}
		rounds += c.Rounds
	}
	if rounds != 12 || result.Released.Rounds != 12 {
		t.Error(result)
	}
}

// listens keeps the gateways of the sessions that post.
type listens struct {
	mu  sync.Mutex
	all map[string][]*gateway.Gateway // by session
}

func (l *listens) posts(path string) any {
	return func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		l.mu.Lock()
		if l.all == nil {
			l.all = map[string][]*gateway.Gateway{}
		}
		l.all[s.Name()] = append(l.all[s.Name()], s.Gateway())
		l.mu.Unlock()
		return posted(s.PostForm(ctx, path, nil))
	}
}

// exchange is the only one of a session in its nth run.
func (l *listens) exchange(t *testing.T, session string, n int) gateway.Exchange {
	t.Helper()
	record := l.all[session][n].Record()
	if len(record) != 1 {
		t.Fatalf("%d exchanges", len(record))
	}
	return record[0]
}

func (l *listens) race(d *duel) *harness.Race {
	return d.sc.Race(
		d.sc.Step(d.owner, "renames it", l.posts("/rename"), marks("/rename")),
		d.sc.Step(d.colleague, "adds a contact", l.posts("/contacts"), marks("/contacts")),
	)
}

func TestTheOrderIsWhatTheServerTells(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := newBook(t, &book{tell: func(path string) time.Time {
		if path == "/rename" {
			return noon.Add(3 * time.Millisecond)
		}
		return noon
	}})
	for _, round := range newDuel(t, b).race(b).Repeat(t.Context(), harness.Rounds{N: 4}).Released.List {
		if !slices.Equal(round.Order, []string{"colleague", "owner"}) || !round.Arrived || round.Spread != 3*time.Millisecond || round.Apart != 3*time.Millisecond {
			t.Errorf("%+v", round)
		}
	}
}

func TestTheOrderIsThatOfSendingWhereTheServerTellsNothing(t *testing.T) {
	b := newBook(t, &book{tell: func(path string) time.Time {
		if path == "/rename" {
			return time.Now() // of one alone it says nothing about the order
		}
		return time.Time{}
	}})
	var l listens
	for i, round := range l.race(newDuel(t, b)).Repeat(t.Context(), harness.Rounds{N: 4}).Released.List {
		owner, colleague := l.exchange(t, "owner", i).Sent.At, l.exchange(t, "colleague", i).Sent.At
		first := "colleague"
		if owner.Before(colleague) {
			first = "owner"
		}
		if round.Arrived || round.Apart != owner.Sub(colleague) || round.Order[0] != first {
			t.Errorf("sent %v apart: %+v", owner.Sub(colleague), round)
		}
	}
}

func TestThePlainBaselineIsInTurn(t *testing.T) {
	b := newBook(t, &book{work: 1})
	result := newDuel(t, b).race(b).Repeat(t.Context(), harness.Rounds{N: 3, Plain: true})
	for i, released := range result.Released.List {
		if plain := result.Plain.List[i]; released.Number != 2*i+1 || plain.Number != 2*i+2 {
			t.Errorf("round %d was released, round %d plain", released.Number, plain.Number)
		}
	}
	if result.Released.Rounds != 3 || result.Plain.Rounds != 3 {
		t.Error(result)
	}
	wantText(t, result.String(), "released together: ", "started together: ")
}

// The colleague waits for the owner's response, so the two requests can never be held at the same time.
func TestThePlainBaselineHoldsNothing(t *testing.T) {
	b := newBook(t, &book{})
	d := newDuel(t, b)
	answered := make(chan struct{}, 2)
	rename := d.sc.Step(d.owner, "renames it", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.PostForm(ctx, "/rename", nil)
		answered <- struct{}{}
		return err
	}, marks("/rename"))
	add := d.sc.Step(d.colleague, "adds a contact", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		<-answered
		_, err := s.PostForm(ctx, "/contacts", nil)
		return err
	}, marks("/contacts"))
	result := d.sc.Race(rename, add).Before(b.empty).Repeat(t.Context(), harness.Rounds{N: 1, Plain: true, Limit: time.Second})
	if result.Released.Rounds != 0 || result.Plain.Rounds != 1 || result.Plain.List[0].Order[0] != "owner" {
		t.Error(result)
	}
}

func TestARepetitionEndsWithTheFirstViolation(t *testing.T) {
	b := newBook(t, &book{sound: true})
	checked := 0
	result := newDuel(t, b).race(b).Invariant("twice", func(context.Context) error {
		if checked++; checked > 2 {
			return errBroken
		}
		return nil
	}).Repeat(t.Context(), harness.Rounds{N: 9, UntilViolated: true})
	if result.Released.Rounds != 3 || result.Released.Violations != 1 || result.Stopped != "" {
		t.Error(result)
	}
}

func TestBeforeEachRound(t *testing.T) {
	b := newBook(t, &book{sound: true})
	d := newDuel(t, b)
	var seen []string
	sees := func(what string) func(context.Context, int) error {
		return func(_ context.Context, round int) error {
			seen = append(seen, fmt.Sprint(what, " ", round))
			if round == 3 {
				return errBroken
			}
			return b.empty(t.Context(), round)
		}
	}
	result := d.sc.Race(d.renames(), d.adds()).Before(sees("first")).Before(sees("second")).Repeat(t.Context(), harness.Rounds{N: 5})
	if want := []string{"first 1", "second 1", "first 2", "second 2", "first 3"}; !slices.Equal(seen, want) {
		t.Errorf("%q", seen)
	}
	if err := result.Err(); !errors.Is(err, errBroken) || result.Stopped != "the race was stopped before round 3: the list is empty" {
		t.Errorf("%v, %q", err, result.Stopped)
	}
	if result.Released.Rounds != 2 || result.Released.High == 0 {
		t.Error("the rounds before do not count:", result)
	}
	if _, err := harness.HoldInEveryRound().Match(result); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestWhatIsStoredCannotBeDescribed(t *testing.T) {
	b := newBook(t, &book{sound: true})
	result := newDuel(t, b).race(b).Stored(func(context.Context) (string, error) { return "", errBroken }).Repeat(t.Context(), harness.Rounds{})
	if !errors.Is(result.Err(), errBroken) || result.Stopped != "the race was stopped after round 1: the list is empty" {
		t.Error(result)
	}
}

// A bystander does something that is in no race, and goes wrong: the round counts.
func TestAStepThatDoesNotRaceFails(t *testing.T) {
	b := newBook(t, &book{sound: true})
	d := newDuel(t, b)
	race := d.race(b)
	d.sc.Step(d.HTTP("clerk"), "looks on", fails)
	if err := race.Repeat(t.Context(), harness.Rounds{N: 2}).Err(); err != nil {
		t.Error(err)
	}
}

// stumbles are ways in which the requests of a round do not meet.
var stumbles = []struct {
	name  string
	race  func(d *duel) *harness.Race
	limit time.Duration
	want  []string
}{
	{"a step ends without its request", func(d *duel) *harness.Race {
		return d.sc.Race(d.renames(), d.sc.Step(d.colleague, "only looks", gets("/about"), marks("/contacts")))
	}, 0, []string{`gateway of colleague: waited `, `for POST /contacts to be held: step "only looks" has ended without it; 0 matched; it saw GET /about`}},
	{"a step fails before its request", func(d *duel) *harness.Race {
		return d.sc.Race(d.renames(), d.sc.Step(d.colleague, "stumbles", fails, marks("/contacts")))
	}, 0, []string{`step "stumbles" has ended without it`, `; colleague: step "stumbles" failed: the list is empty`}},
	{"requests never come", func(d *duel) *harness.Race {
		return d.sc.Race(d.renames(), // which is released at last, and lets the others end
			d.sc.Step(d.colleague, "hesitates", gets("/patient"), marks("/contacts")),
			d.sc.Step(d.HTTP("clerk", harness.WithGateway()), "hesitates, too", gets("/patient"), marks("/contacts")))
	}, 300 * time.Millisecond, []string{
		`gateway of colleague: waited `, `; gateway of clerk: waited `, `for POST /contacts to be held: 300ms have passed; 0 matched; it saw GET /patient`,
	}},
	{"a precondition fails", func(d *duel) *harness.Race {
		rename, add := d.renames(), d.adds()
		add.Precondition(d.colleague, "opens the book", fails)
		return d.sc.Race(rename, add)
	}, 0, []string{`the race does not take place: step "adds a contact" of colleague cannot start`, `; colleague: precondition "opens the book" failed: the list is empty`}},
	{"a precondition of one fails after another was ready", func(d *duel) *harness.Race {
		rename, add := d.renames(), d.adds()
		ready := d.sc.Barrier("the owner is ready")
		rename.Precondition(d.owner, "is ready", waitsAt(&ready), harness.Meets(ready))
		add.Precondition(d.colleague, "opens the book", func(ctx context.Context, _ Gomega, s sessions.Session) error {
			return errors.Join(ready.Wait(ctx), errBroken)
		}, harness.Meets(ready))
		return d.sc.Race(rename, add)
	}, 0, []string{`the race does not take place: step "adds a contact" of colleague cannot start`, `precondition "opens the book" failed`}},
	{"a session dies", func(d *duel) *harness.Race {
		return d.sc.Race(d.renames(), d.sc.Step(d.colleague, "is cut off", cutOff, marks("/contacts")))
	}, 0, []string{`colleague: step "is cut off" errored: `}},
	{"a session dies that was declared first", func(d *duel) *harness.Race {
		return d.sc.Race(d.sc.Step(d.owner, "is cut off", cutOff, marks("/rename")), d.adds())
	}, 0, []string{`owner: step "is cut off" errored: `}},
	{"a response never comes", func(d *duel) *harness.Race {
		return d.sc.Race(d.renames(), d.sc.Step(d.colleague, "waits long", posts("/never"), marks("/never")))
	}, 300 * time.Millisecond, []string{`waiting for the response to colleague POST /never: 300ms have passed since they met`}},
}

func gets(path string) any {
	return func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.Get(ctx, path)
		return err
	}
}

func cutOff(ctx context.Context, _ Gomega, s *sessions.HTTP) error { return s.Close(ctx) }

func TestRoundsInWhichTheRequestsDoNotMeet(t *testing.T) {
	for _, s := range stumbles {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := newBook(t, &book{})
			d := newDuel(t, b, harness.ActionTimeout(time.Second))
			result := s.race(d).Before(b.empty).Repeat(t.Context(), harness.Rounds{N: 2, Limit: s.limit})
			if result.Stopped != "" || result.Released.Rounds != 0 || len(result.Released.Problems) != 2 || len(result.Files) == 0 {
				t.Fatal(result)
			}
			for _, round := range result.Released.List {
				wantText(t, round.Problem, s.want...)
				if strings.Contains(round.Problem, "\n") || round.Took > 8*time.Second {
					t.Errorf("after %v: %q", round.Took, round.Problem)
				}
			}
			wantText(t, result.Err().Error(), "no round counted", "did not count: round 2")
		})
	}
}

func TestTheContextEndsInMidRace(t *testing.T) {
	b := newBook(t, &book{})
	d := newDuel(t, b)
	ctx, stop := context.WithCancelCause(t.Context())
	round := 0
	rename := d.sc.Step(d.owner, "renames it", posts("/rename"), harness.Marks(gateway.Match{Path: "/rename", Body: func([]byte) bool {
		if round == 3 {
			stop(errors.New("somebody pressed a key")) // while the request is about to be held
		}
		return true
	}}))
	add := d.sc.Step(d.colleague, "adds a contact", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		if round == 3 {
			return hangs(ctx, g, s)
		}
		return posted(s.PostForm(ctx, "/contacts", nil))
	}, marks("/contacts"))
	result := d.sc.Race(rename, add).Before(func(_ context.Context, n int) error { round = n; return nil }).Repeat(ctx, harness.Rounds{N: 5})
	if result.Stopped != "the race was stopped in round 3: somebody pressed a key" || result.Released.Rounds != 2 {
		t.Error(result)
	}
	if err := result.Err(); err == nil || !errors.Is(err, context.Cause(ctx)) {
		t.Error(err)
	}
}

func TestRacesLeaveNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("races", func(t *testing.T) {
		b := newBook(t, &book{})
		d := newDuel(t, b)
		var l listens
		d.sc.Step(d.colleague, "looks", posts("/about"))
		if err := l.race(d).Before(b.empty).Repeat(t.Context(), harness.Rounds{N: 5, Plain: true}).Err(); err != nil {
			t.Error(err)
		}
		for session, gateways := range l.all {
			if len(gateways) != 10 {
				t.Errorf("%s had %d gateways", session, len(gateways))
			}
			for _, g := range gateways {
				if held := g.Holding(); len(held) > 0 {
					t.Errorf("%q are held", held)
				}
				for _, e := range g.Record() {
					if !e.Held.IsZero() && (e.Released.IsZero() || e.Err != "") {
						t.Errorf("%+v", e)
					}
				}
			}
		}
	})
	goleak.VerifyNone(t, before)
}

func TestARepetitionShowsItsProgress(t *testing.T) {
	b := newBook(t, &book{sound: true})
	var terminal output
	now := 0
	result := newDuel(t, b, harness.LiveProgress(&terminal, 200)).race(b).Before(func(ctx context.Context, round int) error {
		if now = round; round < 4 {
			return nil
		}
		want := fmt.Sprintf(`race "rename a book / add a contact to it": round %d of 6, 0 violations released, 1 plain`, round)
		NewWithT(t).Eventually(terminal.String).WithContext(ctx).WithTimeout(10 * time.Second).Should(ContainSubstring(want))
		return nil
	}).Invariant("round 2 is a good one", func(context.Context) error {
		if now == 2 {
			return errBroken
		}
		return nil
	}).Repeat(t.Context(), harness.Rounds{N: 3, Plain: true})
	if result.Stopped != "" {
		t.Error(result)
	}
}

func TestRaceResultsSurviveJSON(t *testing.T) {
	b := newBook(t, &book{work: 1})
	var l listens
	good := l.race(newDuel(t, b)).Before(b.empty).Repeat(t.Context(), harness.Rounds{N: 2, Plain: true})
	stopped := newDuel(t, b).race(b).Before(func(context.Context, int) error { return errBroken }).Repeat(t.Context(), harness.Rounds{})
	for name, result := range map[string]*harness.RaceResult{"good": good, "bad": someRaces(), "stopped": stopped} {
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		var read harness.RaceResult
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(&read)
		if string(again) != string(text) || read.String() != result.String() || !strings.Contains(string(text), `"schema":"lockstep/race/1"`) {
			t.Errorf("%s: %s\nand again: %s", name, text, again)
		}
		if (read.Err() == nil) != (result.Err() == nil) {
			t.Errorf("%s: %v was %v", name, read.Err(), result.Err())
		}
		if name != "stopped" && !reflect.DeepEqual(&read, result) {
			t.Errorf("%s:\n%+v\nwas\n%+v", name, &read, result)
		}
	}
}

// someRaces is a result with some of everything.
func someRaces() *harness.RaceResult {
	result := &harness.RaceResult{RaceInfo: harness.RaceInfo{
		Schema: harness.RaceSchema, Scenario: "rename a book / add a contact to it", Place: "race_test.go:12", Seed: 42,
		Racers: []string{"owner", "colleague"}, Files: []string{"artifacts/owner.html"},
	}}
	renamed := harness.Round{
		Order: []string{"owner", "colleague"}, Arrived: true, Spread: 120 * time.Microsecond, Apart: -120 * time.Microsecond,
		Saw: []string{"owner 200", "colleague 200"}, Stored: "contact, renamed", Violations: []string{"a filled book keeps its name: it was renamed"},
	}
	refused := harness.Round{
		Order: []string{"colleague", "owner"}, Arrived: true, Spread: 90 * time.Microsecond, Apart: 90 * time.Microsecond,
		Saw: []string{"owner 409 failed", "colleague 200"}, Stored: "contact",
	}
	apart := harness.Round{Order: []string{"owner", "colleague"}, Spread: 31 * time.Millisecond, Apart: -31 * time.Millisecond, Saw: []string{"owner 200", "colleague 200"}}
	broken := harness.Round{Problem: `gateway of owner: waited 10s for POST /rename to be held: 10s have passed; 0 matched; it saw GET /login`}
	released, plain := []harness.Round{refused, renamed, refused, renamed, refused, broken, broken, broken, broken}, []harness.Round{apart, apart, refused}
	for i := range released {
		released[i].Number, released[i].Took = 2*i+1, 20*time.Millisecond
	}
	for i := range plain {
		plain[i].Number = 2*i + 2
	}
	result.Finish(released, plain)
	return result
}

func TestTextsOfRaces(t *testing.T) {
	stopped := &harness.RaceResult{RaceInfo: harness.RaceInfo{Scenario: "stopped", Racers: []string{"owner", "colleague"}, Stopped: "the race was stopped before round 1: the list is empty"}}
	golden(t, "races", someRaces().String()+"\n"+stopped.String())
}

// The known values are those of R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
// Medicine 17 (1998), table I, method 3.
func TestWilson(t *testing.T) {
	for _, want := range []struct {
		k, n      int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 0.8389, 1},
	} {
		low, high := harness.Wilson(want.k, want.n)
		if math.Abs(low-want.low) > 0.00005 || math.Abs(high-want.high) > 0.00005 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", want.k, want.n, low, high, want.low, want.high)
		}
	}
}

// TestARaceOfBrowsers clicks buttons in two real browsers.
func TestARaceOfBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("uses real browsers")
	}
	browsertest.NeedBrowser(t)
	b := newBook(t, &book{work: window})
	h := harness.New(newT(t), harness.BaseURL(b.URL), harness.Artifacts(t.TempDir()), harness.Progress(nil))
	sc := h.Scenario("rename a book / add a contact to it")
	clicks := func(button string) any {
		return func(ctx context.Context, _ Gomega, s *sessions.Browser) error { return s.Click(ctx, button) }
	}
	opens := func(ctx context.Context, _ Gomega, s *sessions.Browser) error { return s.Navigate(ctx, "/") }
	owner, colleague := h.Browser("owner"), h.Browser("colleague")
	rename := sc.Step(owner, "renames it", clicks("#rename"), marks("/rename"), harness.Requires(sc.Precondition(owner, "opens it", opens)))
	add := sc.Step(colleague, "adds a contact", clicks("#add"), marks("/contacts"), harness.Requires(sc.Precondition(colleague, "opens it", opens)))
	result := sc.Race(rename, add).Before(b.empty).Invariant("a filled book keeps its name", b.keepsItsName).
		Repeat(t.Context(), harness.Rounds{N: 30, UntilViolated: true})
	if result.Released.Violations != 1 || len(result.Released.Problems) > 0 || result.Driver == "" {
		t.Error(result)
	}
}
