"""Introduction to machine learning (CMU 10-301/601)."""
