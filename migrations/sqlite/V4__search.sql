-- By which words texts can be found. A text is numbered by its id: twice that of the ticket for what it was opened with,
-- twice that of the conversation and one for what was said later. Of the words, each begins with the number of the workspace
-- (src/storage/queries/search.rs), so that nobody's words are among another's. The texts themselves are not kept here again,
-- nor where in them the words are, nor how many there are.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);

-- How far the round has come that looks for texts that cannot be found yet: those from before there was a search, those
-- that were copied here, and those that a server of an older version has written.
CREATE TABLE search_round (
    -- Which texts.
    name       TEXT   NOT NULL PRIMARY KEY,
    -- All up to this id have been looked at.
    looked_to  BIGINT NOT NULL,
    -- Where the next round begins.
    again_from BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO search_round (name, looked_to, again_from) VALUES ('ticket', 0, 0), ('conversation', 0, 0);
