"""What ``ui/shell.py`` puts around every page: the cookie, the scheme, outages, leaving."""
