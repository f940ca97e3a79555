"""REST under ``/api/training``: what scripts do with configs, over the same workbench as the pages.

``app.create`` makes the ASGI app; ``core/api/parts.py`` says what it has to be given. ``problems``
has what can go wrong, ``guard`` the limits, ``bodies`` and ``answers`` what goes in and comes out,
``configs`` and ``judging`` the routes with and without an account.
"""
