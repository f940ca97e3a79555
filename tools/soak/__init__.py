"""A soak: many users at work on the real app while one fault after the other is made.

    python -m tools.soak --minutes 60 --users 20 --seed 7

Everything that the app acknowledged is written down (``ledger``), and after each fault it is held
against what the app and its database have (``checks``). What was tried last, and what came of it,
is in ``docs/faults.md``.
"""
