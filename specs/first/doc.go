// Package first is the first spec of somebody who is new to Lockstep. It stands word for word in the README, and a
// test in specs/architecture sees to that.
package first
