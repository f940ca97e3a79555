-- The saved configs with their versions and tags, and the drafts that were never saved.
--
-- Whatever belongs to a user has the user's id in its key, and child rows point at (user_id, id):
-- a version or a tag can't hang on another user's config, whatever a statement says.
-- The CHECKs repeat core/stores/limits.py for a writer that doesn't come through it. How deep the
-- JSON is nested, and what SQLite's own reader lets through, is checked in Python alone.

CREATE TABLE training_configs (
    user_id           TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id                TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
    name              TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    template_type     TEXT NOT NULL,
    is_validated      INTEGER NOT NULL DEFAULT 0,
    runs              INTEGER NOT NULL DEFAULT 0,
    times_used        INTEGER NOT NULL DEFAULT 0,
    last_used_at      TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    revision          INTEGER NOT NULL DEFAULT 1,
    deleted_at        TEXT,
    -- Stored, not virtual: a list then reads no JSON, and a row that somebody spoiled doesn't stop it.
    method            TEXT GENERATED ALWAYS AS (
        CASE WHEN json_valid(config_json)
            THEN CASE json_type(config_json, '$.training.method') WHEN 'text'
                THEN substr(json_extract(config_json, '$.training.method'), 1, 200) END
        END) STORED,
    model             TEXT GENERATED ALWAYS AS (
        CASE WHEN json_valid(config_json)
            THEN CASE json_type(config_json, '$.model.name') WHEN 'text'
                THEN substr(json_extract(config_json, '$.model.name'), 1, 200) END
        END) STORED,
    -- Name, newline, description, folded by core/stores/listing.py: SQLite knows the case of ASCII only.
    search            TEXT NOT NULL,
    -- What a list is sorted by. They are columns because a row value such as (used_at, id) < (?, ?)
    -- finds its place in an index on columns, not in one on expressions.
    sort_name         TEXT GENERATED ALWAYS AS
        (substr(search, 1, instr(search, char(10)) - 1)) VIRTUAL,
    used_at           TEXT GENERATED ALWAYS AS (coalesce(last_used_at, '')) VIRTUAL,
    validation_errors TEXT,
    -- Last in the row: SQLite then reads a row's other columns without walking its overflow pages.
    config_json       TEXT NOT NULL,

    PRIMARY KEY (user_id, id),
    CONSTRAINT name_length CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT name_is_trimmed CHECK (name = trim(name)),
    -- The ranges 1-31, 127-159, U+200B-200F, U+2028-202E, U+2066-2069 and U+FEFF; 45 is the dash.
    CONSTRAINT name_is_plain CHECK (
        instr(name, char(0)) = 0
        AND name NOT GLOB '*[' || char(1, 45, 31, 127, 45, 159, 8203, 45, 8207, 8232, 45, 8238,
            8294, 45, 8297, 65279) || ']*'),
    CONSTRAINT description_length CHECK (length(CAST(description AS BLOB)) <= 8000
        AND length(description) <= 2000 AND instr(description, char(0)) = 0),
    CONSTRAINT template_type_form CHECK (length(template_type) BETWEEN 1 AND 40
        AND template_type GLOB '[a-z]*' AND template_type NOT GLOB '*[^a-z0-9_]*'),
    CONSTRAINT config_json_size CHECK (length(CAST(config_json AS BLOB)) <= 262144),
    CONSTRAINT config_json_is_an_object CHECK (
        CASE WHEN json_valid(config_json) THEN json_type(config_json) = 'object' ELSE 0 END),
    CONSTRAINT validation_errors_are_a_list CHECK (
        validation_errors IS NULL
        OR CASE WHEN json_valid(validation_errors)
            THEN json_type(validation_errors) = 'array' ELSE 0 END),
    CONSTRAINT validation_errors_size CHECK (length(CAST(validation_errors AS BLOB)) <= 65536),
    CONSTRAINT search_begins_with_the_name CHECK (instr(search, char(10)) > 1),
    CONSTRAINT flags CHECK (is_validated IN (0, 1) AND runs IN (0, 1)),
    CONSTRAINT counts CHECK (times_used >= 0 AND revision >= 1),
    CONSTRAINT times CHECK (
        created_at GLOB '????-??-??T??:??:??.??????Z'
        AND updated_at GLOB '????-??-??T??:??:??.??????Z'
        AND coalesce(last_used_at, created_at) GLOB '????-??-??T??:??:??.??????Z'
        AND coalesce(deleted_at, created_at) GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

-- A deleted config gives its name free.
CREATE UNIQUE INDEX training_configs_name ON training_configs (user_id, name)
    WHERE deleted_at IS NULL;

-- One index a sort, so that a page is read from its first row to its last and nothing is sorted: it
-- takes as long with a million rows as with a hundred thousand. The id makes equal rows always come
-- in one order. The filters stand at the end, so that rows that don't fit are passed over inside the
-- index; a user with 10 000 configs of which none fits waits 25 times as long for a look at each row.
--
-- The text to search in stands in the index of the usual order alone, and makes up nearly half of it.
-- A search that finds nothing takes a ninth of the time that it takes in the table. Under another
-- order it gathers the matches here and walks the index of that order. A full-text index (trigrams)
-- knows no users: a word that all users write costs more with it than the user's own rows.
CREATE INDEX training_configs_updated ON training_configs
    (user_id, updated_at, id, method, template_type, is_validated, search)
    WHERE deleted_at IS NULL;
CREATE INDEX training_configs_created ON training_configs
    (user_id, created_at, id, method, template_type, is_validated)
    WHERE deleted_at IS NULL;
CREATE INDEX training_configs_sort_name ON training_configs
    (user_id, sort_name, id, method, template_type, is_validated)
    WHERE deleted_at IS NULL;
CREATE INDEX training_configs_used ON training_configs
    (user_id, used_at, id, method, template_type, is_validated)
    WHERE deleted_at IS NULL;
CREATE INDEX training_configs_times_used ON training_configs
    (user_id, times_used, id, method, template_type, is_validated)
    WHERE deleted_at IS NULL;
-- The usual view of one method stays as fast where few rows have it.
CREATE INDEX training_configs_method ON training_configs (user_id, method, updated_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX training_configs_deleted ON training_configs (user_id, deleted_at, id)
    WHERE deleted_at IS NOT NULL;

CREATE TRIGGER training_configs_keep_their_owner
BEFORE UPDATE OF id, user_id, created_at ON training_configs
WHEN NEW.id IS NOT OLD.id OR NEW.user_id IS NOT OLD.user_id OR NEW.created_at IS NOT OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'id, user_id and created_at never change');
END;

CREATE TABLE config_versions (
    user_id           TEXT NOT NULL,
    config_id         TEXT NOT NULL,
    number            INTEGER NOT NULL CHECK (number >= 1),
    operation         TEXT NOT NULL CHECK (operation IN ('create', 'save', 'restore')),
    message           TEXT NOT NULL DEFAULT '' CHECK (length(message) <= 500),
    restored_from     INTEGER,
    author            TEXT NOT NULL,
    created_at        TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    name              TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description       TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
    template_type     TEXT NOT NULL CHECK (length(template_type) BETWEEN 1 AND 40),
    is_validated      INTEGER NOT NULL CHECK (is_validated IN (0, 1)),
    runs              INTEGER NOT NULL CHECK (runs IN (0, 1)),
    validation_errors TEXT CHECK (length(CAST(validation_errors AS BLOB)) <= 65536),
    config_json       TEXT NOT NULL,

    PRIMARY KEY (user_id, config_id, number),
    FOREIGN KEY (user_id, config_id) REFERENCES training_configs (user_id, id) ON DELETE CASCADE,
    CONSTRAINT config_json_size CHECK (length(CAST(config_json AS BLOB)) <= 262144),
    CONSTRAINT config_json_is_an_object CHECK (
        CASE WHEN json_valid(config_json) THEN json_type(config_json) = 'object' ELSE 0 END),
    CONSTRAINT restored_from_a_version CHECK ((operation = 'restore') = (restored_from IS NOT NULL))
) STRICT;

CREATE TRIGGER config_versions_never_change BEFORE UPDATE ON config_versions
BEGIN
    SELECT RAISE(ABORT, 'a version never changes');
END;

CREATE TABLE config_tags (
    user_id   TEXT NOT NULL,
    config_id TEXT NOT NULL,
    tag       TEXT NOT NULL,

    PRIMARY KEY (user_id, config_id, tag),
    FOREIGN KEY (user_id, config_id) REFERENCES training_configs (user_id, id) ON DELETE CASCADE,
    CONSTRAINT tag_length CHECK (length(tag) BETWEEN 1 AND 40 AND tag = trim(tag)),
    CONSTRAINT tag_is_plain CHECK (
        instr(tag, char(0)) = 0
        AND tag NOT GLOB '*[' || char(1, 45, 31, 127, 45, 159, 8203, 45, 8207, 8232, 45, 8238,
            8294, 45, 8297, 65279) || ']*')
) STRICT, WITHOUT ROWID;

CREATE INDEX config_tags_tag ON config_tags (user_id, tag, config_id);

CREATE TABLE drafts (
    -- Grows with each keeping, so that the newest are known even where the clock was set back.
    number     INTEGER PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    slot       TEXT NOT NULL CHECK (length(slot) BETWEEN 1 AND 200),
    name       TEXT NOT NULL CHECK (length(name) <= 2000),
    -- Not a foreign key: a draft outlives the config that it changes.
    config_id  TEXT CHECK (length(config_id) <= 200),
    updated_at TEXT NOT NULL CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
    payload    TEXT NOT NULL CHECK (length(CAST(payload AS BLOB)) <= 4194304),

    UNIQUE (user_id, slot)
) STRICT;
