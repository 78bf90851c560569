"""The series page: its state, which is its address, and what is read and drawn for it."""
