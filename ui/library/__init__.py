"""The library page, and what is done with a saved config: versions, conflicts, links."""
