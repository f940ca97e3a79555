"""The config that is being edited, and the changes that are proposed to it."""
