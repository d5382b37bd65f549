"""One folder per course, one file per experiment."""
