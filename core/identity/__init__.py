"""Who a user is: one contract, one module a back end."""
