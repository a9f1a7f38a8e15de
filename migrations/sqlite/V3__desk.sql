-- What the staff work with.

ALTER TABLE app_user ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- The name as it is searched.
ALTER TABLE app_user ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
-- Whether single keys do something in the console.
ALTER TABLE app_user ADD COLUMN shortcuts BOOLEAN NOT NULL DEFAULT TRUE;
-- The few among the many.
CREATE INDEX app_user_of_staff ON app_user (workspace_id, id) WHERE role <> 'customer';
CREATE INDEX app_user_by_name ON app_user (workspace_id, name_folded, email_folded)
    WHERE ((role = 'customer') AND (name_folded <> ''));

CREATE TABLE team (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    name         TEXT    NOT NULL,
    active       BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE team_member (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    team_id      BIGINT NOT NULL REFERENCES team (id),
    user_id      BIGINT NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (workspace_id, team_id, user_id)
) WITHOUT ROWID;
CREATE INDEX team_member_by_user ON team_member (workspace_id, user_id, team_id);

ALTER TABLE ticket ADD COLUMN assignee_id BIGINT;
ALTER TABLE ticket ADD COLUMN team_id BIGINT;
-- Out of the staff's sight until then.
ALTER TABLE ticket ADD COLUMN snoozed_until BIGINT;
-- The ticket that this one was merged into.
ALTER TABLE ticket ADD COLUMN merged_into BIGINT;
-- With all that lists filter by but tags and texts, so that counting and skipping need no look at the ticket itself.
CREATE INDEX ticket_by_activity ON ticket (
    workspace_id, status, priority, updated_at, id, category_id, assignee_id, team_id, requester_id, snoozed_until, created_at
);
CREATE INDEX ticket_snoozed ON ticket (workspace_id, snoozed_until, id) WHERE snoozed_until IS NOT NULL;
CREATE INDEX ticket_by_assignee ON ticket (workspace_id, assignee_id, status, updated_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX ticket_by_team ON ticket (workspace_id, team_id, status, updated_at, id) WHERE team_id IS NOT NULL;
CREATE INDEX ticket_tag_by_tag ON ticket_tag (workspace_id, tag_id, ticket_id);
-- The number of a ticket's last event is the version of the ticket.
CREATE INDEX event_by_ticket ON event (workspace_id, ticket_id, id);

-- Text that staff put into their answers, by its shortcut; everybody's if it has no owner.
CREATE TABLE canned_reply (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    owner_id     BIGINT REFERENCES app_user (id),
    shortcut     TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX canned_reply_by_shortcut ON canned_reply (workspace_id, COALESCE(owner_id, 0), shortcut);

-- A filter that has a name; everybody's if it is shared.
CREATE TABLE saved_view (
    id           INTEGER PRIMARY KEY,
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    owner_id     BIGINT  NOT NULL REFERENCES app_user (id),
    shared       BOOLEAN NOT NULL,
    name         TEXT    NOT NULL,
    -- The query of the list of tickets, as its address has it.
    query        TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL
);
CREATE INDEX saved_view_by_owner ON saved_view (workspace_id, owner_id);

-- What a member of staff has begun to write on a ticket.
CREATE TABLE draft (
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    user_id      BIGINT  NOT NULL REFERENCES app_user (id),
    ticket_id    BIGINT  NOT NULL REFERENCES ticket (id),
    internal     BOOLEAN NOT NULL,
    body         TEXT    NOT NULL,
    updated_at   BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, user_id, ticket_id)
) WITHOUT ROWID;

-- Up to which event a member of staff has seen a ticket.
CREATE TABLE ticket_seen (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    user_id      BIGINT NOT NULL REFERENCES app_user (id),
    ticket_id    BIGINT NOT NULL REFERENCES ticket (id),
    event_id     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, ticket_id)
) WITHOUT ROWID;

-- Who has a ticket open, and whether they write; old rows say nothing.
CREATE TABLE presence (
    workspace_id BIGINT  NOT NULL REFERENCES workspace (id),
    ticket_id    BIGINT  NOT NULL REFERENCES ticket (id),
    user_id      BIGINT  NOT NULL REFERENCES app_user (id),
    writing      BOOLEAN NOT NULL,
    at           BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, user_id)
) WITHOUT ROWID;

-- The cookie of a console, of which only the hash is kept. It ends with its session.
CREATE TABLE console_cookie (
    token_hash   BLOB   NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    session_id   BIGINT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    expires_at   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX console_cookie_by_session ON console_cookie (session_id);

-- Append-only: who changed what of the workspace itself. "before" and "after" are JSON without secrets.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    actor_id     BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    subject_id   BIGINT NOT NULL,
    before       TEXT,
    after        TEXT
);
CREATE INDEX audit_by_workspace ON audit (workspace_id, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
