package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFiguresOfOtherTools(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "k6.json"), []byte(`{"metrics":{"http_reqs":{"count":90,"rate":9001.5}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{
		"wrk": "Running 5s test\n  1 threads and 50 connections\nRequests/sec:  65432.10\nTransfer/sec:      9.9MB\n",
		"hey": "\nSummary:\n  Total:\t5.0 secs\n  Requests/sec:\t24000.5000\n", "k6": "",
	}
	want := map[string]float64{"wrk": 65432.1, "hey": 24000.5, "k6": 9001.5}
	for _, other := range otherTools {
		if got, err := other.rate([]byte(outputs[other.name]), folder); err != nil || got != want[other.name] {
			t.Errorf("%s: %v, %v, want %v", other.name, got, err, want[other.name])
		}
		if _, err := other.rate([]byte("nothing"), t.TempDir()); err == nil {
			t.Errorf("%s: a figure of nothing", other.name)
		}
	}
	if _, err := lockstepItself("lockstep").rate([]byte(`{"rps":5,"requests":{"ko":1}}`), ""); err == nil {
		t.Error("requests failed, and that is no error")
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	r := LoadResult{Tools: []LoadTool{{Name: "lockstep", RPS: []float64{100, 10, 60}}, {Name: "other", RPS: []float64{50, 5, 20}}}}
	r.compare()
	if other := r.Tools[1]; other.Median != 20 || other.Ratio != 2 || r.Tools[0].Ratio != 1 || r.Tools[0].Median != 60 {
		t.Errorf("%+v", r.Tools)
	}
}
