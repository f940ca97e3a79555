-- What a sign-in elsewhere brought: the tokens of a Supabase account, for as long as the session.
--
-- They are encrypted with a key of the session's own, and that key with what opens the session: its
-- id, its ticket, its cookie. None of those is in the file, so a stolen backup opens nothing.

ALTER TABLE sessions ADD COLUMN sealed_tokens TEXT;
ALTER TABLE sessions ADD COLUMN key_by_id TEXT;
ALTER TABLE sessions ADD COLUMN key_by_ticket TEXT;
ALTER TABLE sessions ADD COLUMN key_by_cookie TEXT;
-- Who renews the tokens has until then; others wait, in this process and in others.
ALTER TABLE sessions ADD COLUMN renewing_until TEXT;
