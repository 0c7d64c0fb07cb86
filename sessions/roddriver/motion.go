package roddriver

import "github.com/seed49090845/lockstep/sessions/browser"

// Motion implements browser.Page.
func (p *page) Motion() browser.Motion { return browser.MotionOf(&p.line.traffic, &p.line.navigation) }
