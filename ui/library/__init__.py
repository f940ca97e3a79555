"""The library page, and all that is done with a saved config: saving, versions, conflicts."""
