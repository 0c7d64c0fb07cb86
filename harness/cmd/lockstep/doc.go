// Command lockstep is the command line of Lockstep: it looks after the machine (doctor), runs the phonebook for
// a person to look at, measures, and shows results.
//
// Exit codes: 0 all is well; 1 the arguments are wrong; 2 what was asked for was done and found something
// wrong (a scenario that did not pass, a browser that is missing); 3 it could not be done.
package main
