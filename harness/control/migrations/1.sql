CREATE TABLE runs (
	number  INTEGER PRIMARY KEY AUTOINCREMENT, -- order of starts
	id      TEXT NOT NULL UNIQUE,
	started INTEGER NOT NULL,                  -- nanoseconds since 1970
	ended   INTEGER,                           -- NULL while it is running
	summary BLOB NOT NULL,                     -- JSON: RunSummary
	run     BLOB NOT NULL,                     -- JSON: Run
	report  BLOB                               -- JSON: report.Report; NULL before the first checkpoint
) STRICT;
CREATE INDEX runs_running ON runs (number) WHERE ended IS NULL;
