"""The long trainings on real data that the library has to stand: `python -m benchmarks.acceptance`."""
