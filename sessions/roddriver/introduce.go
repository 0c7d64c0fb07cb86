package roddriver

import (
	"context"
	"errors"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// introduce makes the page and its gateway known to each other: the page shows its credentials, and takes the
// certificates of the gateway, which verifies the servers. Nothing of it is left in the page.
func introduce(page *rod.Page, o browser.PageOptions) error {
	ctx, cancel := context.WithCancel(page.GetContext())
	defer cancel()
	page = page.Context(ctx)
	asked := page.Event()
	for _, request := range []interface{ Call(proto.Client) error }{
		proto.SecuritySetIgnoreCertificateErrors{Ignore: true},
		proto.FetchEnable{Patterns: []*proto.FetchRequestPattern{{URLPattern: browser.HelloPattern}}, HandleAuthRequests: true},
	} {
		if err := request.Call(page); err != nil {
			return err
		}
	}
	user, password := o.Gateway.Credentials()
	if err := sayHello(page, cancel, asked, proto.FetchAuthChallengeResponse{
		Response: proto.FetchAuthChallengeResponseResponseProvideCredentials, Username: user, Password: password,
	}); err != nil {
		return err
	}
	return proto.FetchDisable{}.Call(page)
}

var errNoHello = errors.New("the page did not reach its gateway")

// sayHello lets the page ask for the gateway's own address, and answers what the browser asks meanwhile.
func sayHello(page *rod.Page, cancel func(), asked <-chan *rod.Message, credentials proto.FetchAuthChallengeResponse) error {
	said := make(chan error, 1)
	go func() {
		reached, err := evaluate(page, browser.HelloScript)
		if err == nil && string(reached) != "true" {
			err = errNoHello
		}
		said <- err
	}()
	for {
		select {
		case err := <-said:
			return err
		case message, ok := <-asked:
			if !ok {
				return <-said
			}
			if err := answer(page, message, credentials); err != nil {
				cancel()
				return errors.Join(err, <-said)
			}
		}
	}
}

func answer(page *rod.Page, message *rod.Message, credentials proto.FetchAuthChallengeResponse) (err error) {
	on(message, func(ev *proto.FetchRequestPaused) {
		err = proto.FetchContinueRequest{RequestID: ev.RequestID}.Call(page)
	})
	on(message, func(ev *proto.FetchAuthRequired) {
		err = proto.FetchContinueWithAuth{RequestID: ev.RequestID, AuthChallengeResponse: &credentials}.Call(page)
	})
	return err
}
