"""Names of ``core.target``, for those who look for them here."""

from core.target import DEFAULT, Target, parse_target

__all__ = ["DEFAULT", "Target", "parse_target"]
