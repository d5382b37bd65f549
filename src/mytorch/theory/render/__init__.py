"""A worked answer as text, Markdown, LaTeX and JSON: one file per format."""
