"""Five courses: the files, names and formats that their assignments ask for, on this library.

One package per course. Its `conventions.py` declares what the course does its own way; every other
file is a program of the assignment, which runs as the course runs it (`python neuralnet.py ...`,
from any folder) and as `mytorch COURSE PROGRAM ...`. They translate names and conventions; the
mathematics is the library's.
"""
