-- What a config was checked for, and the recorded yes to each command that its tools would run.
--
-- Rows from before have none: they can be read, and whoever writes one of them anew is asked.
-- Which commands a text has is found in Python alone (core/consent.py, core/stores/limits.py).

ALTER TABLE training_configs ADD COLUMN target TEXT NOT NULL DEFAULT ''
    CONSTRAINT target_form CHECK (
        length(target) <= 100 AND instr(target, char(0)) = 0 AND target NOT GLOB '*[^ -~]*');
ALTER TABLE config_versions ADD COLUMN target TEXT NOT NULL DEFAULT ''
    CONSTRAINT target_form CHECK (
        length(target) <= 100 AND instr(target, char(0)) = 0 AND target NOT GLOB '*[^ -~]*');

-- A list of objects with the sha256 of a command, at, and by.
ALTER TABLE training_configs ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]'
    CONSTRAINT approvals_are_a_list CHECK (
        CASE WHEN json_valid(approvals) THEN json_type(approvals) = 'array'
            AND json_array_length(approvals) <= 200 ELSE 0 END);
ALTER TABLE config_versions ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]'
    CONSTRAINT approvals_are_a_list CHECK (
        CASE WHEN json_valid(approvals) THEN json_type(approvals) = 'array'
            AND json_array_length(approvals) <= 200 ELSE 0 END);
