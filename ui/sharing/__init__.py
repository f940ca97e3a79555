"""Making links, and the page that a link leads to."""
