// Command lockstep is the command line of Lockstep. It shows what suites wrote (report, replay), sends load and finds whether users
// can live together (plan, load, coexist), runs scenarios for whoever asks (serve, run), prints an application's SQL statements (pg),
// looks after the machine (doctor), measures (bench), and runs the phonebook for a person to look at.
//
// Exit codes: 0 all is well; 1 the arguments are wrong; 2 what was asked for was done and found something
// wrong (a scenario that did not pass, a browser that is missing); 3 it could not be done.
package main
