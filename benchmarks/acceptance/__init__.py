"""The long trainings on real data that the library has to stand."""
