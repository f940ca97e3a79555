"""What the rest stands on: whole files, the database, a Supabase project, limits, the log."""
