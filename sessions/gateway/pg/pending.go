package pg

// step is what the server was asked to do, and answers in the order in which it was asked.
type step uint8

const (
	startUp     step = iota // until the first ReadyForQuery
	simpleQuery             // until ReadyForQuery
	functionCall
	parse
	bind
	describe
	execute
	closing
	copied // CopyDone or CopyFail: nothing comes for it by itself
	atSync // ReadyForQuery
)

// awaited is a step whose answer has not come.
type awaited struct {
	step    step
	of      *statement // nil: of none
	swallow bool       // it was the gateway's own, the answer is not for the application
}

// pending are the steps whose answers have not come, in order.
type pending struct {
	list []awaited
	head int
}

func (p *pending) push(a awaited) {
	if p.head == len(p.list) {
		p.list, p.head = p.list[:0], 0
	}
	p.list = append(p.list, a)
}

func (p *pending) empty() bool { return p.head == len(p.list) }

// first is the step that the server is at; nil if there is none.
func (p *pending) first() *awaited {
	if p.empty() {
		return nil
	}
	return &p.list[p.head]
}

// pop takes away the first step if it is the one.
func (p *pending) pop(s step) (awaited, bool) {
	first := p.first()
	if first == nil || first.step != s {
		return awaited{}, false
	}
	a := *first
	*first = awaited{}
	p.head++
	return a, true
}

// popCopied takes away ends of copies, for which nothing comes.
func (p *pending) popCopied() {
	for {
		if _, ok := p.pop(copied); !ok {
			return
		}
	}
}

// skip takes away what the server does not do after an error, up to a Sync, and tells whether there is one.
func (p *pending) skip(each func(awaited)) (synced bool) {
	for !p.empty() {
		first := p.first()
		if first.step == atSync {
			return true
		}
		each(*first)
		*first = awaited{}
		p.head++
	}
	return false
}

// ignoreSyncs takes away the Syncs after the first step that the server ignores since it copies, and tells whether
// the end of the copying is among what follows.
func (p *pending) ignoreSyncs() (ended bool) {
	kept := p.head + 1
	for i := p.head + 1; i < len(p.list); i++ {
		ended = ended || p.list[i].step == copied
		if ended || p.list[i].step != atSync {
			p.list[kept] = p.list[i]
			kept++
		}
	}
	p.list = p.list[:min(kept, len(p.list))]
	return ended
}
