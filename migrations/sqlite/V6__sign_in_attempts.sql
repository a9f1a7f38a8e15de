-- Sign-ins that failed or are under way, which all servers count together.

CREATE TABLE sign_in_attempts (
    -- 0 for what is counted for the whole installation: the address that sign-ins come from.
    workspace_id BIGINT NOT NULL,
    -- The hash of what is counted by: an account, an address, or both. What was typed is not kept: it may be a password.
    counted_by   BLOB   NOT NULL,
    attempts     BIGINT NOT NULL,
    -- When counting begins anew, or the address is no longer known.
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, counted_by)
) WITHOUT ROWID;
CREATE INDEX sign_in_attempts_by_end ON sign_in_attempts (expires_at);
