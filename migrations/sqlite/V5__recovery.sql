-- What an operator needs who doubts, loses or doubles an installation.

-- What the entries of a workspace's log come to, from the first up to one of them (src/app/log_chain.rs). A log is a table
-- that is append-only: "event" or "audit".
CREATE TABLE seal (
    log          TEXT   NOT NULL,
    -- The last entry that is sealed.
    up_to        BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    -- How many entries of the workspace those are.
    entries      BIGINT NOT NULL,
    hash         BLOB   NOT NULL,
    PRIMARY KEY (log, up_to)
) WITHOUT ROWID;
CREATE INDEX seal_by_workspace ON seal (workspace_id, log, up_to);
CREATE TRIGGER seal_is_never_changed BEFORE UPDATE ON seal
BEGIN
    SELECT RAISE(ABORT, 'seals are append-only');
END;
CREATE TRIGGER seal_is_never_deleted BEFORE DELETE ON seal
BEGIN
    SELECT RAISE(ABORT, 'seals are append-only');
END;

-- Tells this installation from all others, from one that was restored from its backup too. Noted beside the attachments.
ALTER TABLE installation ADD COLUMN identity TEXT NOT NULL DEFAULT '';
UPDATE installation SET identity = lower(hex(randomblob(16)));
-- How often this installation has begun to sweep. Noted beside the attachments too: a database that knows of fewer sweeps
-- was restored to an earlier moment, and does not know what is named since.
ALTER TABLE installation ADD COLUMN sweeps BIGINT NOT NULL DEFAULT 0;
