-- With when tickets are snoozed until, so that those of an agent or a team are counted without a look at the tickets.

DROP INDEX ticket_by_assignee;
DROP INDEX ticket_by_team;
CREATE INDEX ticket_of_assignee ON ticket (workspace_id, assignee_id, status, updated_at, id, snoozed_until) WHERE assignee_id IS NOT NULL;
CREATE INDEX ticket_of_team ON ticket (workspace_id, team_id, status, updated_at, id, snoozed_until) WHERE team_id IS NOT NULL;
