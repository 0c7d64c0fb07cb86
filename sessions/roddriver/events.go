package roddriver

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// observe sees every event of the page, in a goroutine of the page.
func (p *page) observe(message *rod.Message) {
	at := time.Now()
	switch message.Method {
	case (proto.RuntimeConsoleAPICalled{}).ProtoEvent():
		on(message, func(ev *proto.RuntimeConsoleAPICalled) {
			p.events.Push(browser.Event{At: at, Console: &browser.Console{Level: string(ev.Type), Text: consoleText(ev.Args)}})
		})
	case (proto.LogEntryAdded{}).ProtoEvent():
		on(message, func(ev *proto.LogEntryAdded) {
			p.events.Push(browser.Event{At: at, Console: &browser.Console{
				Level: string(ev.Entry.Level), Text: browser.LogText(ev.Entry.Text, ev.Entry.URL),
			}})
		})
	case (proto.RuntimeExceptionThrown{}).ProtoEvent():
		on(message, func(ev *proto.RuntimeExceptionThrown) {
			p.events.Push(browser.Event{At: at, Failure: &browser.Failure{Text: exceptionText(ev.ExceptionDetails)}})
		})
	case (proto.NetworkRequestWillBeSent{}).ProtoEvent():
		on(message, func(ev *proto.NetworkRequestWillBeSent) { p.observeRequest(at, ev) })
	case (proto.NetworkResponseReceived{}).ProtoEvent():
		on(message, func(ev *proto.NetworkResponseReceived) {
			p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Status: ev.Response.Status}})
		})
	case (proto.NetworkLoadingFailed{}).ProtoEvent():
		on(message, func(ev *proto.NetworkLoadingFailed) {
			p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Error: ev.ErrorText}})
		})
	case (proto.PageJavascriptDialogOpening{}).ProtoEvent():
		on(message, func(ev *proto.PageJavascriptDialogOpening) { p.observeDialog(at, ev) })
	case (proto.InspectorTargetCrashed{}).ProtoEvent():
		p.end(browser.ErrCrashed)
	}
}

// on decodes a message whose method is known to be that of the event.
func on[E proto.Event](message *rod.Message, handle func(*E)) {
	ev := new(E)
	if message.Load(any(ev).(proto.Event)) {
		handle(ev)
	}
}

func (p *page) observeRequest(at time.Time, ev *proto.NetworkRequestWillBeSent) {
	if ev.RedirectResponse != nil { // the answer to the request before has no event of its own
		p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Status: ev.RedirectResponse.Status}})
	}
	p.events.Push(browser.Event{At: at, Request: &browser.Request{
		ID: string(ev.RequestID), Method: ev.Request.Method, URL: ev.Request.URL, Type: string(ev.Type),
	}})
}

// observeDialog answers alert, confirm and prompt as a person who presses Escape would, because an open
// dialog stops everything else in the page; leaving a page is never prevented.
func (p *page) observeDialog(at time.Time, ev *proto.PageJavascriptDialogOpening) {
	p.events.Push(browser.Event{At: at, Console: &browser.Console{Level: "dialog", Text: browser.DialogText(string(ev.Type), ev.Message)}})
	_ = proto.PageHandleJavaScriptDialog{Accept: ev.Type == proto.PageDialogTypeBeforeunload}.Call(p.page)
}

func consoleText(args []*proto.RuntimeRemoteObject) string {
	parts := make([]string, len(args))
	for i, arg := range args {
		parts[i] = valueText(arg)
	}
	return strings.Join(parts, " ")
}

func exceptionText(details *proto.RuntimeExceptionDetails) string {
	description := ""
	if details.Exception != nil {
		description = valueText(details.Exception)
	}
	return browser.ExceptionText(details.Text, description, details.URL, details.LineNumber, details.ColumnNumber)
}

func valueText(object *proto.RuntimeRemoteObject) string {
	var value json.RawMessage
	switch {
	case object.Subtype == proto.RuntimeRemoteObjectSubtypeNull:
		value = json.RawMessage("null") // which rod takes for no value
	case !object.Value.Nil():
		value, _ = object.Value.MarshalJSON() // it was decoded from JSON, so it encodes
	}
	return browser.ValueText(value, object.Description, browser.PreviewOf(object.Preview))
}
