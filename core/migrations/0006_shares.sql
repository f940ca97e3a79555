-- Links that show one config or one comparison to whoever has them.
--
-- A link shows what was shared at the moment when it was made, and never the live config. The table
-- holds only the hash of what opens it; core/shares/protocol.py says what is promised.

CREATE TABLE shares (
    -- Public: names the link where its owner lists it, and opens nothing.
    handle     TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- A comparison is of several configs, and of drafts, templates and files.
    config_id  TEXT,
    kind       TEXT NOT NULL CHECK (kind IN ('config', 'comparison')),
    title      TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 120 AND title = trim(title)),
    token_hash TEXT NOT NULL UNIQUE CHECK (
        length(token_hash) = 64 AND token_hash NOT GLOB '*[^0-9a-f]*'),
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    expires_at TEXT NOT NULL CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    views      INTEGER NOT NULL DEFAULT 0 CHECK (views >= 0),
    -- Last in the row: a list of links is read without it.
    snapshot   TEXT NOT NULL CHECK (length(CAST(snapshot AS BLOB)) <= 1048576
        AND json_valid(snapshot)),

    FOREIGN KEY (user_id, config_id) REFERENCES training_configs (user_id, id) ON DELETE CASCADE,
    CONSTRAINT config_of_a_config CHECK ((kind = 'config') = (config_id IS NOT NULL)),
    -- Julian days are numbers of about a tenth of a millisecond.
    CONSTRAINT at_most_90_days CHECK (expires_at > created_at
        AND julianday(expires_at) - julianday(created_at) <= 90.0001)
) STRICT;

CREATE INDEX shares_by_user ON shares (user_id, created_at, handle);
CREATE INDEX shares_by_config ON shares (user_id, config_id) WHERE config_id IS NOT NULL;

CREATE TRIGGER shares_never_change
BEFORE UPDATE OF handle, user_id, config_id, kind, title, token_hash, created_at, expires_at, snapshot
ON shares
BEGIN
    SELECT RAISE(ABORT, 'a share can only be revoked');
END;

-- A config that comes back has to be shared anew.
CREATE TRIGGER training_configs_end_shares
AFTER UPDATE OF deleted_at ON training_configs
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
BEGIN
    DELETE FROM shares WHERE user_id = NEW.user_id AND config_id = NEW.id;
END;
