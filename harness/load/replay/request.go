package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// where a request has a value.
type where int

const (
	inPath where = iota
	inQuery
	inHeader
	inForm
	inJSON
)

// sent is a value in a request, or a leaf of JSON.
type sent struct {
	where where
	name  string // of the field; of JSON its path
	part  int    // of the path
	value string
}

// place is how people call it.
func (s sent) place() string {
	switch s.where {
	case inPath:
		return "path"
	case inQuery:
		return "query " + s.name
	case inHeader:
		return "header " + s.name
	case inForm:
		return "form " + s.name
	}
	return "JSON " + s.name
}

// field is its name alone: the last one of a path of JSON.
func (s sent) field() string {
	if s.where != inJSON {
		return s.name
	}
	return strings.TrimLeft(s.name[strings.LastIndexByte(s.name, '.')+1:], "$")
}

// values are all of a request that could have come with an answer.
func values(e *har.Entry, address *url.URL) []sent {
	var all []sent
	for i, part := range strings.Split(address.Path, "/") {
		all = append(all, sent{inPath, "", i, part})
	}
	for _, q := range e.Request.QueryString {
		all = append(all, sent{inQuery, q.Name, 0, q.Value})
	}
	for _, h := range e.Request.Headers {
		if lower := strings.ToLower(h.Name); isSent(h.Name) && (strings.HasPrefix(lower, "x-") || lower == "authorization") {
			all = append(all, sent{inHeader, h.Name, 0, strings.TrimPrefix(h.Value, "Bearer ")})
		}
	}
	data := e.Request.PostData
	if data == nil {
		return all
	}
	if data.Text == "" {
		for _, p := range data.Params {
			all = append(all, sent{inForm, p.Name, 0, p.Value})
		}
		return all
	}
	if begin := strings.TrimSpace(data.Text); begin != "" && (begin[0] == '{' || begin[0] == '[') {
		if parsed, err := decode([]byte(data.Text)); err == nil {
			return append(all, leaves("$", parsed)...)
		}
	}
	if form, err := url.ParseQuery(data.Text); err == nil && strings.Contains(data.MimeType, "urlencoded") {
		for _, name := range slices.Sorted(maps.Keys(form)) {
			for _, value := range form[name] {
				all = append(all, sent{inForm, name, 0, value})
			}
		}
	}
	return all
}

// leaves are the texts and numbers of JSON, in the order of names.
func leaves(path string, v any) []sent {
	var all []sent
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, leaves(path+"."+name, v[name])...)
		}
	case []any:
		for i, value := range v {
			all = append(all, leaves(fmt.Sprintf("%s[%d]", path, i), value)...)
		}
	case string:
		all = append(all, sent{inJSON, path, 0, v})
	case json.Number:
		all = append(all, sent{inJSON, path, 0, v.String()})
	}
	return all
}

// put puts a value into a request in place of what was recorded.
func (s sent) put(r *virtual.Request, value string) {
	switch s.where {
	case inPath:
		path, query, asked := strings.Cut(r.Path, "?")
		parts := strings.Split(path, "/")
		if s.part >= len(parts) {
			return // slashes that are escaped make it another part
		}
		parts[s.part] = url.PathEscape(value)
		r.Path = strings.Join(parts, "/")
		if asked {
			r.Path += "?" + query
		}
	case inQuery:
		path, query, _ := strings.Cut(r.Path, "?")
		r.Path = path + "?" + s.pair(query, value)
	case inHeader:
		for name, recorded := range r.Header {
			if strings.EqualFold(name, s.name) {
				if strings.EqualFold(name, "Authorization") && (recorded == redacted || strings.HasPrefix(recorded, "Bearer ")) {
					value = "Bearer " + value
				}
				r.Header[name] = value
			}
		}
	case inForm:
		r.Body = []byte(s.pair(string(r.Body), value))
	case inJSON:
		if parsed, err := decode(r.Body); err == nil {
			r.Body, _ = json.Marshal(s.member("$", parsed, value)) // it was JSON before
		}
	}
}

// pair replaces the value in a query or a form.
func (s sent) pair(text, value string) string {
	parts := strings.Split(text, "&")
	for i, part := range parts {
		name, old, _ := strings.Cut(part, "=")
		plainName, err := url.QueryUnescape(name)
		plain, alsoErr := url.QueryUnescape(old)
		if err == nil && alsoErr == nil && plainName == s.name && plain == s.value {
			parts[i] = name + "=" + url.QueryEscape(value)
		}
	}
	return strings.Join(parts, "&")
}

// member replaces the value at its path.
func (s sent) member(path string, v any, value string) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = s.member(path+"."+name, v[name], value)
		}
	case []any:
		for i := range v {
			v[i] = s.member(fmt.Sprintf("%s[%d]", path, i), v[i], value)
		}
	case string:
		if path == s.name {
			return value
		}
	case json.Number:
		if _, err := strconv.ParseFloat(value, 64); path == s.name && err == nil {
			return json.Number(value)
		}
		if path == s.name {
			return value
		}
	}
	return v
}
