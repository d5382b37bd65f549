"""What a run leaves behind: its folder, figures and report."""
