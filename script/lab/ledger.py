"""What was promised is held against what is there."""

import collections
import hashlib

from lab.client import Surprise


class Ledger(collections.Counter):
    """Counts, by column of the table that is printed in the end."""

    def __init__(self):
        super().__init__()
        self.wrongs, self.messages = collections.Counter(), []
        # What a run that was sabotaged must see: columns, and pieces of text.
        self.expected = []

    def wrong(self, column, what):
        """Counts and prints something that may not be."""
        self[column] += 1
        self.wrongs[column] += 1
        self.messages.append((column, what))
        # A server that lost everything need not fill the screen.
        if self.wrongs[column] <= 20:
            print(f"{column.upper()}: {what}", flush=True)

    def missed(self):
        """What should have been seen and was not."""
        return [f"{column} {text}" for column, text in self.expected
                if not any(column == seen and text in what for seen, what in self.messages)]

    def table(self, columns):
        print(f"| {' | '.join(columns)} |")
        print(f"|{'--:|' * len(columns)}")
        print(f"| {' | '.join(str(self[column]) for column in columns)} |", flush=True)

    def holds(self, promised, found, what):
        """Counts a promise, and whether it was kept."""
        if promised:
            self["acknowledged"] += 1
            if found:
                self["found"] += 1
            else:
                self.wrong("lost", what)


def histories(client, everybody):
    """For each user, how often each subject is in their tickets, as ids."""
    found = []
    for headers in everybody:
        found.append(collections.defaultdict(list))
        for ticket in client.history(headers):
            found[-1][ticket["subject"]].append(ticket["id"])
    return found


def in_history(found, ticket, ledger):
    """Whether a ticket is there, once."""
    ids = found[ticket.user][ticket.subject]
    if len(ids) > 1:
        ledger.wrong("doubled", f'"{ticket.subject}" is there as {ids}')
    return ticket.id in ids


def in_detail(client, headers, ticket, ledger):
    """Holds a promised ticket's replies, files and status against its detailed view."""
    try:
        view = client.view(ticket.id, headers)
    except Surprise as surprise:
        ledger.holds(True, False, f'all of "{ticket.subject}": {surprise}')
        return
    comments = collections.defaultdict(list)
    for conversation in view["conversations"]:
        comments[conversation["comment"]].append(conversation["id"])
    files = collections.defaultdict(list)
    for attachment in view["attachments"]:
        files[attachment["conversation_id"]].append(attachment["id"])
    file_is_there(client, headers, ticket.create, files.pop(None, []), ledger)
    for reply in ticket.replies:
        ids = comments.pop(reply.text, [])
        if len(ids) > 1:
            ledger.wrong("doubled", f'"{reply.text}" is there as {ids}')
        ledger.holds(reply.acknowledged, ids, f'the reply "{reply.text}"')
        if ids:
            file_is_there(client, headers, reply, files.pop(ids[0], []), ledger)
    for comment in comments:
        ledger.wrong("foreign", f'"{ticket.subject}" has the reply "{comment}", which it never got')
    status = view["ticket"]["status"]
    if ticket.changes:
        ledger.holds(True, status == ticket.status, f'"{ticket.subject}" has the status {status}, not {ticket.status}')
    elif status != ticket.status:
        ledger.wrong("foreign", f'"{ticket.subject}" has the status {status}, not {ticket.status}')


def file_is_there(client, headers, write, attachments, ledger):
    """Holds a write's file, or that it has none, against the attachments beside it."""
    if not write.file:
        if attachments:
            ledger.wrong("foreign", f'"{write.text}" has a file, and was sent none')
        return
    if len(attachments) > 1:
        ledger.wrong("doubled", f'the file of "{write.text}" is there as {attachments}')
    if not (write.acknowledged or attachments):
        return
    ledger["files"] += 1
    whole = False
    if attachments:
        try:
            content = client.get(f"/ticket/download/{attachments[0]}/", headers).body
            whole = hashlib.sha256(content).digest() == hashlib.sha256(write.file.content()).digest()
        except Surprise as surprise:
            print(surprise)
    # One that is named must be whole, promised or not.
    ledger.holds(True, whole, f'the file of "{write.text}"')
