"""Damage to the data behind the server's back, to show that the ledger sees it."""

# The database would refuse most of it.
LAWLESS = "SET session_replication_role = replica; "


def damage(postgres, tickets, ledger, database="ferrodesk"):
    """Loses, doubles and changes things, and tells the ledger what it must see."""
    # Nothing is damaged twice: each of the first six is another ticket, with a reply.
    replied = [ticket for ticket in tickets if any(reply.acknowledged for reply in ticket.replies)][:6]
    lost, changed, without_reply, doubled, with_reply_doubled, with_foreign_reply = replied
    filed = next(ticket for ticket in reversed(tickets) if ticket.id and ticket.create.file and ticket not in replied)

    def reply(ticket):
        return next(reply.text for reply in ticket.replies if reply.acknowledged)

    ticket = "requester_id, subject, subject_folded, priority, category_id, status, locked, created_at, updated_at, comment"
    author = "ticket_id, author_id, internal, created_at"
    statements = [
        f"DELETE FROM ticket WHERE id = {lost.id}",
        f"UPDATE ticket SET status = status % 3 + 1 WHERE id = {changed.id}",
        f"DELETE FROM conversation WHERE comment = '{reply(without_reply)}'",
        # Another file is in its place.
        "UPDATE attachment SET (content_hash, size) = (SELECT content_hash, size FROM attachment "
        f"WHERE ticket_id <> {filed.id} LIMIT 1) WHERE conversation_id IS NULL AND ticket_id = {filed.id}",
        f"INSERT INTO ticket (workspace_id, id, {ticket}) SELECT workspace_id, nextval('ticket_id'), {ticket} FROM ticket "
        f"WHERE id = {doubled.id}",
        f"INSERT INTO conversation (workspace_id, id, comment, {author}) SELECT workspace_id, nextval('conversation_id'), "
        f"comment, {author} FROM conversation WHERE comment = '{reply(with_reply_doubled)}'",
        f"INSERT INTO conversation (workspace_id, id, comment, {author}) SELECT workspace_id, nextval('conversation_id'), "
        f"'never sent', {author} FROM conversation WHERE comment = '{reply(with_foreign_reply)}'",
        # What no client sees, but Ferrodesk's own check.
        "UPDATE app_user SET open_tickets = open_tickets + 7",
    ]
    for statement in statements:
        postgres.sql(LAWLESS + statement, database)
    ledger.expected += [
        ("lost", f'"{lost.subject}"'),
        # Whether it is a loss depends on whether a client had changed it.
        ("lost" if changed.changes else "foreign", f'"{changed.subject}" has the status'),
        ("lost", f'the reply "{reply(without_reply)}"'),
        ("lost", f'the file of "{filed.subject}"'),
        ("doubled", f'"{doubled.subject}"'),
        ("doubled", f'"{reply(with_reply_doubled)}"'),
        ("foreign", f'"{with_foreign_reply.subject}" has the reply'),
        ("failed checks", ""),
    ]
