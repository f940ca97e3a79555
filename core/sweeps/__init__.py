"""Sweeps: many configs out of one, by the values that some of its fields take in turn.

``axes`` holds what is varied, ``members`` every combination as a config with its verdict, ``names``
what they are called, and ``effect`` what would be run for nothing. ``files`` makes a ZIP of them,
with the ``manifest`` and the job files of ``jobs``. ``group`` keeps them in the library, ``text``
has the words, and ``form`` what a page keeps of it.
"""
