"""What a run would take: memory and what makes it fit, learning rates, time."""
