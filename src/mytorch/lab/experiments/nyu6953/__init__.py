"""Deep Learning (NYU CS-GY 6953)."""
