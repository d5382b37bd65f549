"""Introduction to deep learning (Rice ELEC/COMP 576)."""
