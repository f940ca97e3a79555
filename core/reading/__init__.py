"""A document as a trainer reads it: what a key means, for which target, on which machine."""
