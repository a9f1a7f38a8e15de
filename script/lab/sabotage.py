"""Damage to the data behind the server's back, to show that the ledger sees it."""

# The database would refuse most of it.
LAWLESS = "SET session_replication_role = replica; "


def damage(postgres, tickets, database="ferrodesk"):
    """Loses, doubles and changes things; gives the ledger's columns that must show it."""
    kept = [ticket for ticket in tickets if ticket.create.acknowledged]
    replies = [reply for ticket in kept for reply in ticket.replies if reply.acknowledged]
    filed = next(ticket.id for ticket in reversed(kept) if ticket.create.file)
    ticket = "requester_id, subject, subject_folded, priority, category_id, status, locked, created_at, updated_at, comment"
    reply = "ticket_id, author_id, internal, created_at"
    statements = [
        # Lost: a ticket, a status, a reply, and a file, in whose place is another one.
        f"DELETE FROM ticket WHERE id = {kept[0].id}",
        f"UPDATE ticket SET status = status % 3 + 1 WHERE id = {next(ticket.id for ticket in kept if ticket.changes)}",
        f"DELETE FROM conversation WHERE comment = '{replies[0].text}'",
        "UPDATE attachment SET (content_hash, size) = (SELECT content_hash, size FROM attachment "
        f"WHERE ticket_id <> {filed} LIMIT 1) WHERE conversation_id IS NULL AND ticket_id = {filed}",
        # Doubled: a ticket and a reply.
        f"INSERT INTO ticket (workspace_id, id, {ticket}) SELECT workspace_id, nextval('ticket_id'), {ticket} FROM ticket "
        f"WHERE id = {kept[1].id}",
        f"INSERT INTO conversation (workspace_id, id, comment, {reply}) SELECT workspace_id, nextval('conversation_id'), "
        f"comment, {reply} FROM conversation WHERE comment = '{replies[1].text}'",
        # Foreign: a reply that nobody sent.
        f"INSERT INTO conversation (workspace_id, id, comment, {reply}) SELECT workspace_id, nextval('conversation_id'), "
        f"'never sent', {reply} FROM conversation WHERE comment = '{replies[2].text}'",
    ]
    for statement in statements:
        postgres.sql(LAWLESS + statement, database)
    return ["lost", "doubled", "foreign", "failed checks"]
