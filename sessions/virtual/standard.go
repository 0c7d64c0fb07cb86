package virtual

func newStandard(*User) transport { return nil }
