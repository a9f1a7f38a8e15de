-- Indexes on tables that older versions may be writing to while this one starts: built one by one after the migrations,
-- outside of any transaction, without keeping anybody waiting.

-- With all that lists filter by but tags and texts, so that counting and skipping need no look at the ticket itself.
CREATE INDEX CONCURRENTLY ticket_by_activity ON ticket (
    workspace_id, status, priority, updated_at, id, category_id, assignee_id, team_id, requester_id, snoozed_until, created_at
);
CREATE INDEX CONCURRENTLY ticket_snoozed ON ticket (workspace_id, snoozed_until, id) WHERE snoozed_until IS NOT NULL;
-- With when tickets are snoozed until, so that those of an agent or a team are counted without a look at the tickets.
CREATE INDEX CONCURRENTLY ticket_of_assignee ON ticket (workspace_id, assignee_id, status, updated_at, id, snoozed_until)
    WHERE assignee_id IS NOT NULL;
CREATE INDEX CONCURRENTLY ticket_of_team ON ticket (workspace_id, team_id, status, updated_at, id, snoozed_until)
    WHERE team_id IS NOT NULL;
CREATE INDEX CONCURRENTLY ticket_tag_by_tag ON ticket_tag (workspace_id, tag_id, ticket_id);
-- The number of a ticket's last event is the version of the ticket.
CREATE INDEX CONCURRENTLY event_by_ticket ON event (workspace_id, ticket_id, id);
-- The few among the many.
CREATE INDEX CONCURRENTLY app_user_of_staff ON app_user (workspace_id, id) WHERE role <> 'customer';
CREATE INDEX CONCURRENTLY app_user_by_name ON app_user (workspace_id, name_folded, email_folded)
    WHERE ((role = 'customer') AND (name_folded <> ''));
