// Package schedules shows that explorations find, minimise and replay what goes wrong between users in real browsers, without
// a hint of where it is, and find nothing where nothing is wrong.
//
// A defect between two statements of one request is beyond them: there is no point between these. Specs of such are in
// package races.
package schedules
