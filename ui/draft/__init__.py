"""What is done with the open draft on every page: opening, importing, saving, keeping it."""
