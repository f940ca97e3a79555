"""Around a comparison: what can be compared, which rows are wanted, what follows, what is taken."""
