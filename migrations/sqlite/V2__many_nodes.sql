-- What several servers on one database need to agree on.

-- Bytes that the sweeper deletes or has deleted: who stores the same bytes meanwhile notices, and stores them again.
CREATE TABLE blob_deletion (
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    content_hash BLOB    NOT NULL,
    done         BOOLEAN NOT NULL,
    at           BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, content_hash)
) WITHOUT ROWID;

-- When each recurring job is due next; who moves the time on runs the job.
CREATE TABLE recurring_job (
    name   TEXT   NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL
) WITHOUT ROWID;

-- The one row about the installation as a whole.
CREATE TABLE installation (
    id                    BIGINT NOT NULL PRIMARY KEY,
    -- The number of the oldest schema whose programs may still work on this database.
    oldest_program_schema BIGINT NOT NULL,
    -- What tokens are signed with, where servers share no data folder that could keep it.
    token_secret          BLOB
);
INSERT INTO installation (id, oldest_program_schema) VALUES (1, 1);

-- How far an unfinished copy of another installation into this one has come, by table; empty otherwise.
CREATE TABLE copy_progress (
    name   TEXT   NOT NULL PRIMARY KEY,
    copied BIGINT NOT NULL,
    -- The key of the last row that is here; for the row "source", what tells that installation from others.
    after  BLOB   NOT NULL
) WITHOUT ROWID;
