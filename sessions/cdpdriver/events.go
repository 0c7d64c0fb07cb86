package cdpdriver

import (
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// observe sees every event of the page. It runs in the loop that reads for the page and must not wait.
func (p *page) observe(ev any) {
	at := time.Now()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		p.events.Push(browser.Event{At: at, Console: &browser.Console{Level: string(ev.Type), Text: consoleText(ev.Args)}})
	case *log.EventEntryAdded:
		p.events.Push(browser.Event{At: at, Console: &browser.Console{
			Level: string(ev.Entry.Level), Text: browser.LogText(ev.Entry.Text, ev.Entry.URL),
		}})
	case *runtime.EventExceptionThrown:
		p.events.Push(browser.Event{At: at, Failure: &browser.Failure{Text: exceptionText(ev.ExceptionDetails)}})
	case *network.EventRequestWillBeSent:
		p.observeRequest(at, ev)
	case *network.EventResponseReceived:
		p.observeRefusal(ev)
		p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Status: int(ev.Response.Status)}})
	case *network.EventLoadingFinished:
		p.traffic.End(string(ev.RequestID))
	case *network.EventLoadingFailed:
		p.traffic.End(string(ev.RequestID))
		p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Error: ev.ErrorText}})
	case *cdppage.EventJavascriptDialogOpening:
		p.events.Push(browser.Event{At: at, Console: &browser.Console{Level: "dialog", Text: browser.DialogText(string(ev.Type), ev.Message)}})
		p.dialogs.Push(ev)
	case *cdppage.EventFrameRequestedNavigation:
		p.follow(ev.FrameID, "Page.frameRequestedNavigation")
	case *cdppage.EventFrameStartedNavigating:
		p.follow(ev.FrameID, "Page.frameStartedNavigating")
	case *cdppage.EventFrameStartedLoading:
		p.follow(ev.FrameID, "Page.frameStartedLoading")
	case *cdppage.EventFrameNavigated:
		if p.isMain(ev.Frame.ID) {
			p.traffic.Arrived(string(ev.Frame.LoaderID))
		}
		p.follow(ev.Frame.ID, "Page.frameNavigated")
	case *cdppage.EventFrameStoppedLoading:
		p.follow(ev.FrameID, "Page.frameStoppedLoading")
	case *cdppage.EventDomContentEventFired:
		p.navigation.Observe("Page.domContentEventFired")
	case *inspector.EventTargetCrashed:
		p.end(browser.ErrCrashed)
	}
}

// follow passes on what the main frame does.
func (p *page) follow(frame cdp.FrameID, method string) {
	if p.isMain(frame) {
		p.navigation.Observe(method)
	}
}

// isMain tells whether a frame is the main one: its id is that of the target.
func (p *page) isMain(frame cdp.FrameID) bool {
	t := chromedp.FromContext(p.tab).Target
	return t != nil && string(frame) == string(t.TargetID)
}

// observeRefusal notices that the page which the window goes to is the gateway's own.
func (p *page) observeRefusal(ev *network.EventResponseReceived) {
	if ev.Type != network.ResourceTypeDocument || !p.isMain(ev.FrameID) {
		return
	}
	for name := range ev.Response.Headers {
		if browser.IsRefusal(name) {
			p.navigation.Refuse()
		}
	}
}

func (p *page) observeRequest(at time.Time, ev *network.EventRequestWillBeSent) {
	if ev.RedirectResponse != nil { // the answer to the request before has no event of its own
		p.events.Push(browser.Event{At: at, Answer: &browser.Answer{ID: string(ev.RequestID), Status: int(ev.RedirectResponse.Status)}})
	}
	r := browser.Request{ID: string(ev.RequestID), Method: ev.Request.Method, URL: ev.Request.URL, Type: string(ev.Type)}
	p.traffic.Begin(r, string(ev.LoaderID))
	p.events.Push(browser.Event{At: at, Request: &r})
}

func consoleText(args []*runtime.RemoteObject) string {
	parts := make([]string, len(args))
	for i, arg := range args {
		parts[i] = valueText(arg)
	}
	return strings.Join(parts, " ")
}

func exceptionText(details *runtime.ExceptionDetails) string {
	description := ""
	if details.Exception != nil {
		description = valueText(details.Exception)
	}
	return browser.ExceptionText(details.Text, description, details.URL, int(details.LineNumber), int(details.ColumnNumber))
}

func valueText(object *runtime.RemoteObject) string {
	return browser.ValueText([]byte(object.Value), object.Description, browser.PreviewOf(object.Preview))
}
