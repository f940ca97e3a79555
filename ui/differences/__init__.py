"""Configs side by side: the table, the curves and the texts, which several pages draw."""
