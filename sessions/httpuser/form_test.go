package httpuser_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/httpuser"
)

func answer(body string) *httpuser.Response {
	return &httpuser.Response{Status: 200, URL: "http://a/dir/page?x=1", Body: []byte(body)}
}

func TestFormFields(t *testing.T) {
	for field, want := range map[string]string{
		`<input name=a value=1>`:                                                     "a=1",
		`<input type=hidden name=csrf value=abc>`:                                    "csrf=abc",
		`<input name=a>`:                                                             "a=",
		`<input value=nameless>`:                                                     "",
		`<input name=a value=1 disabled>`:                                            "",
		`<fieldset disabled><input name=a value=1></fieldset>`:                       "",
		`<input type=checkbox name=a>`:                                               "",
		`<input type=checkbox name=a checked>`:                                       "a=on",
		`<input type=radio name=a value=1><input type=radio name=a value=2 checked>`: "a=2",
		`<input type=submit name=go value=now><button name=b value=1>b</button>`:     "",
		"<textarea name=a>one\ntwo</textarea>":                                       "a=one%0Atwo",
		`<select name=a><option value=1>one<option>  two  words</select>`:            "a=1",
		`<select name=a><option>one<option selected>  two  words</select>`:           "a=two+words",
		`<select name=a><option disabled value=0>-<option value=1>one</select>`:      "a=1",
		`<select name=a><option disabled selected>choose<option>one</select>`:        "",
		`<select name=a multiple><option>one<option>two</select>`:                    "",
		`<select name=a multiple><option selected>one<option selected>two</select>`:  "a=one&a=two",
		`<select name=a></select>`:                                                   "",
	} {
		form, err := answer("<form id=f>" + field + "</form>").Form("#f")
		if err != nil || form.Values.Encode() != want {
			t.Errorf("%s: %v, %v; want %s", field, form, err, want)
		}
	}
}

func TestFormAddress(t *testing.T) {
	for form, want := range map[string]string{
		`<form>`: "GET http://a/dir/page?x=1", `<form method=post action=save>`: "POST http://a/dir/save",
		`<form method=POST action=//b/c>`: "POST http://b/c", `<form action="?y=2">`: "GET http://a/dir/page?y=2",
	} {
		f, err := answer(form).Form("form")
		if err != nil || f.Method+" "+f.Action != want {
			t.Errorf("%s: %+v, %v", form, f, err)
		}
	}
	for selector, body := range map[string]string{"form": "<p>", "p": "<p><form>", "#none": "<form>", "form.x": `<form action="http://[bad" class=x>`} {
		if _, err := answer(body).Form(selector); err == nil || !strings.Contains(err.Error(), "http://a/dir/page") {
			t.Errorf("%s in %s: %v", selector, body, err)
		}
	}
}

func TestSubmit(t *testing.T) {
	c := user(t, site(t), httpuser.Options{})
	for method, want := range map[string]string{http.MethodGet: "GET a=1+2  auth=", http.MethodPost: "POST old=1 a=1+2 auth="} {
		form := &httpuser.Form{Method: method, Action: "/echo?old=1", Values: map[string][]string{"a": {"1 2"}}}
		if r, err := c.Submit(t.Context(), form); err != nil || string(r.Body) != want {
			t.Errorf("%s: %v, want %s (%v)", method, r, want, err)
		}
	}
}

func TestText(t *testing.T) {
	if text, err := answer("<p> a <b>b</b>\n").Text("p"); err != nil || text != "a b" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := answer("<p>a").Text("#none"); err == nil || !strings.Contains(err.Error(), `no element matches "#none"`) {
		t.Errorf("missing: %v", err)
	}
}

func FuzzForm(f *testing.F) {
	f.Add("<form><input name=a value=1><select name=b><option>", "form")
	f.Add(`<form action="%zz"><fieldset disabled><textarea name=a>`, "form, p")
	f.Add("<form", "[")
	f.Fuzz(func(t *testing.T, body, selector string) {
		form, err := answer(body).Form(selector)
		if err == nil && (form.Action == "" || form.Values == nil || form.Method != strings.ToUpper(form.Method)) {
			t.Errorf("%q: %+v", body, form)
		}
	})
}
