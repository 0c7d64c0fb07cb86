// Package tiddlywiki is an executable specification of an application that nobody here wrote (package fixtures/tiddlywiki): of two
// users who edit one tiddler of a TiddlyWiki at the same time, one loses what he wrote, and neither is told.
//
// Every write goes to the server with the revision that it is based on, and the server accepts one that is out of date. The
// gateways hold both writes and let them go in a chosen order: the one that goes first is lost, in every round. The same is
// repeated as a race with an invariant, and the sound twins show that the invariant can hold: two tiddlers, a second user who
// gets the latest changes before he edits, a server that refuses.
//
// Nor need anybody know the order: an exploration finds one in which an edit is lost, and that it takes no more than one page that was opened
// before the other's write.
//
// Each round has fresh sessions and a tiddler of its own. An ordinary run has a few; with LOCKSTEP_STRESS there are 100 in a
// chosen order, and 50 of the race, with as many in which nothing is held: there the same is lost, because a page
// that is being edited does not look at the server again. What the gateway adds is the choice of whose edit that is.
// Where there is no Node.js the suite is skipped, and fails if the environment has CI=true.
package tiddlywiki
