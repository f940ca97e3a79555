"""What a run would do: the verdict, the numbers, the curve, and where it would run."""
