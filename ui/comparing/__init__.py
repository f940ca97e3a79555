"""The compare page: which configs stand side by side, and what is taken over."""
