"""Where configs are kept: one contract, one module a back end."""
