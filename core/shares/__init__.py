"""Links that show one config or one comparison to whoever has them, without an account."""
