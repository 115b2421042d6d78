"""Statistics over arrays: metrics, intervals, tests and errors. Knows no file and no backbone."""
