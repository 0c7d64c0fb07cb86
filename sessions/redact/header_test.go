package redact_test

import (
	"testing"

	"github.com/seed49090845/lockstep/sessions/redact"
)

func TestRedactHeader(t *testing.T) {
	r := redact.Redactor{Names: []string{"pin"}}
	for given, want := range map[[2]string]string{
		{"Cookie", "a=b; sid=c=d;e; theme=\"x\""}: "a=REDACTED; sid=REDACTED;REDACTED; theme=REDACTED",
		{"cookie", ""}: "",
		{"Set-Cookie", "sid=a=b; Path=/; HttpOnly; Max-Age=60"}:   "sid=REDACTED; Path=/; HttpOnly; Max-Age=60",
		{"set-cookie", "sid=\"a; b\"; secure; Mood=blue"}:         "sid=REDACTED; REDACTED; secure; Mood=REDACTED",
		{"Set-Cookie", "path; Path=/"}:                            "REDACTED; Path=/",
		{"Authorization", "Bearer abc.def"}:                       "REDACTED",
		{"X-Pin", "1234"}:                                         "REDACTED",
		{"X-CSRF-Token", "abc"}:                                   "REDACTED",
		{"Referer", "http://a/x?%74oken=abc&page=2"}:              "http://a/x?%74oken=REDACTED&page=2",
		{"Location", "/login?next=%2Freset%3Ftoken%3Dabc&lang=e"}: "/login?next=%2Freset%3Ftoken%3DREDACTED&lang=e",
		{"Refresh", "5; url=/x;jsessionid=abc"}:                   "5; url=/x;jsessionid=REDACTED",
		{"Accept", "text/html,*/*;q=0.8"}:                         "text/html,*/*;q=0.8",
		{"Sec-Ch-Ua", `"Not?A_Brand";v="8", "Chromium";v="140"`}:  `"Not?A_Brand";v="8", "Chromium";v="140"`,
		{"Date", "Mon, 02 Jan 2006 15:04:05 GMT"}:                 "Mon, 02 Jan 2006 15:04:05 GMT",
	} {
		if got := r.Header(given[0], given[1]); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", given[0], given[1], got, want)
		}
	}
}
