"""The build page: its form, what stands beside it, and what its buttons do to the draft."""
