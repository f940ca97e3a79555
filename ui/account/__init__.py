"""Signing in, who is signed in, and the account page."""
