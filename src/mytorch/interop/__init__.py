"""Ways to and from other libraries."""
