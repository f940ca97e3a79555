"""The commands of ``python -m core``, and the places where they keep configs."""
