-- By which words texts can be found. A text is numbered by its id: twice that of the ticket for what it was opened with,
-- twice that of the conversation and one for what was said later. Of the words, each begins with the number of the workspace
-- (src/storage/queries/search.rs), so that nobody's words are among another's.
CREATE TABLE search_index (
    rowid BIGINT   NOT NULL PRIMARY KEY,
    words TSVECTOR NOT NULL
);
-- What is new waits in a list, and goes into the index some hundred texts at once. Every look-up goes through the list.
CREATE INDEX search_index_by_words ON search_index USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 256);

-- How far the round has come that looks for texts that cannot be found yet: those from before there was a search, those
-- that were copied here, and those that a server of an older version has written.
CREATE TABLE search_round (
    -- Which texts.
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- All up to this id have been looked at.
    looked_to  BIGINT NOT NULL,
    -- Where the next round begins.
    again_from BIGINT NOT NULL
);
INSERT INTO search_round (name, looked_to, again_from) VALUES ('ticket', 0, 0), ('conversation', 0, 0);
