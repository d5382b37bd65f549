"""The header of a run that is of no experiment."""

HEADER = {
    "experiment": "course/name",
    "title": "",
    "data": "none",
    "backend": "numpy",
    "seed": 0,
    "config": {},
}
