package har

import (
	"encoding/json"
	"fmt"
	"time"
)

// Log is the whole of a HAR.
type Log struct {
	Version string   `json:"version"`
	Creator Creator  `json:"creator"`
	Browser *Creator `json:"browser,omitempty"`
	Pages   []Page   `json:"pages,omitempty"`
	Entries []Entry  `json:"entries"`
	Comment string   `json:"comment,omitempty"`
}

// Creator is a program.
type Creator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Page is what entries can belong to; Lockstep writes none.
type Page struct {
	ID      string `json:"id"`
	Started Time   `json:"startedDateTime"`
	Title   string `json:"title"`
}

// Entry is a request and its response.
type Entry struct {
	Pageref  string       `json:"pageref,omitempty"`
	Started  Time         `json:"startedDateTime"`
	Time     Milliseconds `json:"time"`
	Request  Request      `json:"request"`
	Response Response     `json:"response"`
	Cache    struct{}     `json:"cache"`
	Timings  Timings      `json:"timings"`
	Comment  string       `json:"comment,omitempty"`
	Origin   `json:"-"`
}

// Origin is where an entry comes from, in members of Lockstep's own. It is zero in the HAR of another tool.
type Origin struct {
	Session string `json:"_session,omitempty"`
	Number  int    `json:"_number,omitempty"`
	Seq     *Seq   `json:"_seq,omitempty"`
	Error   string `json:"_error,omitempty"`
}

// Seq are the numbers of an exchange's edges; zero is what did not happen.
type Seq struct {
	Out      uint64 `json:"out"`
	Held     uint64 `json:"held,omitempty"`
	Released uint64 `json:"released,omitempty"`
	Sent     uint64 `json:"sent,omitempty"`
	In       uint64 `json:"in,omitempty"`
	Done     uint64 `json:"done,omitempty"`
}

// Request is what a session sent. Sizes are in bytes; -1 means not known.
type Request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []Cookie  `json:"cookies"`
	Headers     []Pair    `json:"headers"`
	QueryString []Pair    `json:"queryString"`
	PostData    *PostData `json:"postData,omitempty"`
	HeadersSize int64     `json:"headersSize"`
	BodySize    int64     `json:"bodySize"`
}

// Response is what came back. Its Status is zero where nothing did.
type Response struct {
	Status      int      `json:"status"`
	StatusText  string   `json:"statusText"`
	HTTPVersion string   `json:"httpVersion"`
	Cookies     []Cookie `json:"cookies"`
	Headers     []Pair   `json:"headers"`
	Content     Content  `json:"content"`
	RedirectURL string   `json:"redirectURL"`
	HeadersSize int64    `json:"headersSize"`
	BodySize    int64    `json:"bodySize"`
}

// Pair is a header or a parameter.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Cookie is a cookie that was sent, or set.
type Cookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Expires  string `json:"expires,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
}

// PostData is a request's body. Lockstep writes its Text; other tools may write a form as Params instead.
type PostData struct {
	MimeType string  `json:"mimeType"`
	Text     string  `json:"text,omitempty"`
	Params   []Param `json:"params,omitempty"`
	Comment  string  `json:"comment,omitempty"`
}

// Param is a field of a form, with the name and the type of a file if it is one.
type Param struct {
	Name        string `json:"name"`
	Value       string `json:"value,omitempty"`
	FileName    string `json:"fileName,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

// Content is a response's body, unpacked: as Text, which is base64 where Encoding says so. Size is that of the whole.
type Content struct {
	Size     int64  `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

// Timings are the parts of an entry's time; -1 means that there was no such part.
type Timings struct {
	Blocked Milliseconds `json:"blocked"`
	Send    Milliseconds `json:"send"`
	Wait    Milliseconds `json:"wait"`
	Receive Milliseconds `json:"receive"`
	Held    Milliseconds `json:"_held,omitempty"`
}

// Milliseconds are how HAR tells durations.
type Milliseconds float64

func milliseconds(d time.Duration) Milliseconds {
	return Milliseconds(float64(d) / float64(time.Millisecond))
}

// Duration is zero for what did not happen.
func (m Milliseconds) Duration() time.Duration {
	return time.Duration(max(0, float64(m)) * float64(time.Millisecond))
}

// Time is a time of day. It is read in the notations of ISO 8601 that tools use.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(data []byte) (err error) {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%.40s is no time", data)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t.Time, err = time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%.40q is no time, want one as in 2006-01-02T15:04:05.000Z", text)
}
