"""The courses' pen-and-paper questions, answered by computing them: one file per topic."""
