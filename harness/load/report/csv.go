package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// RequestsCSV writes a row for each request name. Times are in milliseconds, from the intended start unless the
// column says otherwise.
func RequestsCSV(w io.Writer, r *Report) error {
	rows := [][]string{{"scenario", "group", "name", "total", "ok", "ko", "rps", "min_ms", "mean_ms", "stddev_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms",
		"p50_actual_ms", "p95_actual_ms", "p99_actual_ms", "max_actual_ms", "bytes_in", "bytes_out"}}
	for _, q := range r.ByRequest {
		intended, actual := q.Response.Intended, q.Response.Actual
		rows = append(rows, []string{q.Scenario, q.Group, q.Name, whole(q.Requests.Total), whole(q.Requests.OK), whole(q.Requests.KO), plain(&q.RPS),
			plain(q.MinMS), plain(q.MeanMS), plain(q.StdDevMS), plain(intended.P50), plain(intended.P95), plain(intended.P99), plain(intended.Max),
			plain(actual.P50), plain(actual.P95), plain(actual.P99), plain(actual.Max), whole(q.BytesIn), whole(q.BytesOut)})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// TimelineCSV writes a row for each part of the run's time.
func TimelineCSV(w io.Writer, r *Report) error {
	rows := [][]string{{"at_ms", "width_ms", "arrived", "users", "max_users", "ok", "ko", "interrupted", "p50_ms", "p75_ms", "p95_ms", "p99_ms", "max_ms", "bytes_in", "bytes_out"}}
	for _, m := range r.Timeline {
		rows = append(rows, []string{plain(&m.AtMS), plain(&m.WidthMS), whole(m.Arrived), whole(m.Users), whole(m.MaxUsers), whole(m.OK), whole(m.KO), whole(m.Interrupted),
			plain(m.P50), plain(m.P75), plain(m.P95), plain(m.P99), plain(m.Max), whole(m.BytesIn), whole(m.BytesOut)})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// plain is empty where there is no data.
func plain(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
