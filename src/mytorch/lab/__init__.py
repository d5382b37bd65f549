"""The experiments of the courses, and what runs them."""
