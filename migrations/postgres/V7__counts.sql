-- Their places are taken by ticket_of_assignee and ticket_of_team (concurrently.sql).

DROP INDEX IF EXISTS ticket_by_assignee;
DROP INDEX IF EXISTS ticket_by_team;
