"""Tunesmith's core: documents, fields, rules, derived numbers and presets, with no front end."""
