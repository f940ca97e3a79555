"""Signing in, and the account page."""
