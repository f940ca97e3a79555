"""Tunesmith's core: documents, fields, rules, derived numbers and presets, with no front end."""

from typing import Final

VERSION: Final = "0.1.0"
"""Tunesmith's own version; ``pyproject.toml`` takes it from here."""
