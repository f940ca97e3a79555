"""The page that a link leads to."""
