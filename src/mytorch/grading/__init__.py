"""Looking at other people's modules."""
