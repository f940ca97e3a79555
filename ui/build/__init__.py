"""The build page: its form, and what stands beside it."""
