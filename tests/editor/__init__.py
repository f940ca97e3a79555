"""VS Code's own JSON service, asked what it says to a config with our schema."""
