-- Ferrodesk's first schema. All times are microseconds since 1970-01-01 UTC.

CREATE TABLE workspace (
    id                INTEGER PRIMARY KEY,
    name              TEXT    NOT NULL UNIQUE,
    open_ticket_limit BIGINT  NOT NULL,
    reopen_on_reply   BOOLEAN NOT NULL,
    created_at        BIGINT  NOT NULL
);

-- An application calls with an apikey, of which only the hash is kept.
CREATE TABLE application (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name         TEXT   NOT NULL,
    key_prefix   TEXT   NOT NULL,
    key_hash     BLOB   NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT
);
CREATE INDEX application_by_workspace ON application (workspace_id);

CREATE TABLE app_user (
    id            INTEGER PRIMARY KEY,
    workspace_id  BIGINT  NOT NULL REFERENCES workspace (id),
    email         TEXT    NOT NULL,
    email_folded  TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    password_hash TEXT,
    idp_issuer    TEXT,
    idp_subject   TEXT,
    active        BOOLEAN NOT NULL,
    -- How many of the user's tickets are not closed: what the open-ticket limit is held against.
    open_tickets  BIGINT  NOT NULL DEFAULT 0,
    created_at    BIGINT  NOT NULL,
    UNIQUE (workspace_id, email_folded),
    UNIQUE (workspace_id, idp_issuer, idp_subject)
);

CREATE TABLE identity_provider (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    issuer       TEXT   NOT NULL,
    audience     TEXT   NOT NULL,
    jwks_url     TEXT   NOT NULL,
    algorithms   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, issuer)
);

-- One sign-in, and the family of refresh tokens that grows from it.
CREATE TABLE session (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    user_id      BIGINT NOT NULL REFERENCES app_user (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT
);
CREATE INDEX session_by_user ON session (workspace_id, user_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE refresh_token (
    token_hash   BLOB   NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    session_id   BIGINT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT
) WITHOUT ROWID;
CREATE INDEX refresh_token_by_session ON refresh_token (session_id);
CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at);

CREATE TABLE category (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    position     BIGINT  NOT NULL,
    active       BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE tag (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    tag          TEXT    NOT NULL,
    keyword      TEXT    NOT NULL,
    active       BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    UNIQUE (workspace_id, tag)
);

-- Clustered by requester, so that a history page is one run of neighbouring rows.
CREATE TABLE ticket (
    workspace_id   BIGINT  NOT NULL REFERENCES workspace (id),
    requester_id   BIGINT  NOT NULL REFERENCES app_user (id),
    id             BIGINT  NOT NULL,
    subject        TEXT    NOT NULL,
    subject_folded TEXT    NOT NULL,
    priority       BIGINT  NOT NULL,
    category_id    BIGINT  NOT NULL REFERENCES category (id),
    status         BIGINT  NOT NULL,
    locked         BOOLEAN NOT NULL,
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL,
    comment        TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, requester_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ticket_by_id ON ticket (id);

CREATE TABLE ticket_tag (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    ticket_id    BIGINT NOT NULL REFERENCES ticket (id),
    tag_id       BIGINT NOT NULL REFERENCES tag (id),
    PRIMARY KEY (workspace_id, ticket_id, tag_id)
) WITHOUT ROWID;

-- Clustered by ticket, so that a detailed view is one run of neighbouring rows.
CREATE TABLE conversation (
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    ticket_id    BIGINT  NOT NULL REFERENCES ticket (id),
    id           BIGINT  NOT NULL,
    author_id    BIGINT  NOT NULL REFERENCES app_user (id),
    internal     BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    comment      TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_by_id ON conversation (id);

CREATE TABLE attachment (
    id              INTEGER PRIMARY KEY,
    workspace_id    BIGINT NOT NULL REFERENCES workspace (id),
    ticket_id       BIGINT NOT NULL REFERENCES ticket (id),
    conversation_id BIGINT REFERENCES conversation (id),
    content_hash    BLOB   NOT NULL,
    size            BIGINT NOT NULL,
    content_type    TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX attachment_by_ticket ON attachment (workspace_id, ticket_id);
CREATE INDEX attachment_by_content ON attachment (workspace_id, content_hash);

-- Append-only: what happened to tickets. "before" and "after" are JSON.
CREATE TABLE event (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    ticket_id    BIGINT NOT NULL,
    actor_id     BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    before       TEXT,
    after        TEXT   NOT NULL
);
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

-- The first answer to each Idempotency-Key, kept for a day.
CREATE TABLE idempotency_key (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    principal    TEXT   NOT NULL,
    key          TEXT   NOT NULL,
    fingerprint  BLOB   NOT NULL,
    created_at   BIGINT NOT NULL,
    answer       BLOB   NOT NULL,
    PRIMARY KEY (workspace_id, principal, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at);

-- Ids of the clustered tables, which cannot number their own rows.
CREATE TABLE sequence (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO sequence (name, value) VALUES ('ticket', 0), ('conversation', 0);

-- Counts the changes to what servers remember between requests: keys, users, sessions, catalogue, settings.
CREATE TABLE revision (
    id    BIGINT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO revision (id, value) VALUES (1, 0);
