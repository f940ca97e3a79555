-- What scripts prove a user with. Only the hash of a token is kept: a stolen backup opens nothing.
-- A token that was revoked has no row; one that has expired stays until the next one is made.

CREATE TABLE access_tokens (
    -- Public: names the token where its user lists them, and opens nothing.
    handle TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    -- The name as names are compared.
    name_key TEXT NOT NULL,
    scopes TEXT NOT NULL CHECK (scopes IN ('read', 'read write')),
    -- The last characters of the token, which tell its user which one it is.
    hint TEXT NOT NULL CHECK (length(hint) = 4),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    last_used_at TEXT,
    last_address TEXT NOT NULL DEFAULT '',

    UNIQUE (user_id, name_key)
) STRICT;
