"""The layers and losses, one file per family."""
