package control_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/control"
)

func TestStartQueryCancel(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer shop.Close()
	s, err := control.New(t.Context(), control.Options{})
	if err != nil {
		t.Fatal(err)
	}
	params, _ := json.Marshal(control.URLParams{Traffic: control.Traffic{URL: shop.URL, Pause: "constant(10ms)"}})
	run, err := s.Start(t.Context(), control.Start{Scenario: "url", Profile: "constantConcurrentUsers(3).during(1.hour)", Params: params})
	if err != nil {
		t.Fatal(err)
	}
	for run.Statistics.Requests.Total < 5 {
		time.Sleep(10 * time.Millisecond)
		if run, err = s.Run(context.Background(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	run, err = s.Cancel(t.Context(), run.ID)
	b, _ := json.MarshalIndent(run, "", " ")
	t.Log(string(b), err)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
