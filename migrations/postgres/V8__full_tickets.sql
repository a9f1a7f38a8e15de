-- What was said on the ticket and what its requester changed, in bytes. What was before this column was is not in it.

ALTER TABLE ticket ADD COLUMN held_bytes BIGINT NOT NULL DEFAULT 0;
