CREATE INDEX runs_ended ON runs (ended); -- what is too old is found without reading all that is kept
