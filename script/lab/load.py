"""Clients that open tickets, reply, close, open again and read, and try again what they got no answer to."""

import collections
import random
import threading
import time

from lab.client import BROKEN, CLOSED, File, Surprise, Ticket, PROCESSING

# How long a client keeps trying before it says that something is wrong.
PATIENCE = 60


class Load:
    """Several clients, a thread each. `passing` is the set of statuses that a server may answer instead of success, and may be
    added to while answers are awaited; `before` is called with each write that has a key, and its client, before the
    client itself sends it. The first `fileless` of them send no files."""

    def __init__(self, count, connect, everybody, category, name, passing=(503,), before=None, fileless=0, patience=PATIENCE):
        self.stopped, self.records, self.surprises = threading.Event(), [], []
        self.passing, self.before, self.fileless, self.patience = set(passing), before, fileless, patience
        self.workers = [Worker(self, number, connect, everybody, category, name) for number in range(count)]

    def start(self):
        for worker in self.workers:
            worker.thread.start()

    def stop(self):
        """Ends the load; who is still trying goes on until it is answered."""
        self.stopped.set()
        for worker in self.workers:
            if worker.thread.is_alive():
                worker.thread.join()

    @property
    def tickets(self):
        return [ticket for worker in self.workers for ticket in worker.tickets]

    @property
    def retried(self):
        return sum(worker.retried for worker in self.workers)

    def statuses(self):
        """How often each status was seen; no answer at all is 0."""
        return collections.Counter(record.status for record in self.records)


def writes(records):
    """Those that were done."""
    return (record for record in records if record.kind != "read" and record.status == 200)


def percentile(records, part, since=float("-inf"), until=float("inf")):
    """Of what writes took that were begun in between, in ms; None if there were none."""
    ordered = sorted(record.seconds for record in writes(records) if since < record.started < until)
    return 1000 * ordered[int(part * (len(ordered) - 1))] if ordered else None


Record = collections.namedtuple("Record", "started seconds status kind retry_after")


class Worker:
    """A client. Its tickets are nobody else's, so that it knows what must be in them."""

    def __init__(self, load, number, connect, everybody, category, name):
        self.load, self.client, self.category, self.name = load, connect(), category, f"{name} client {number}"
        self.user, self.files = number % len(everybody), 0.2 if number >= load.fileless else 0
        self.headers = everybody[self.user]
        self.chance, self.tickets, self.count, self.retried = random.Random(), [], 0, 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.load.stopped.is_set():
                self.step()
        except Exception as surprise:  # Whatever it is, a client that ends early is a finding.
            self.load.surprises.append(f"{self.name}: {type(surprise).__name__} {surprise}")

    def step(self):
        mine = [ticket for ticket in self.tickets[-20:] if ticket.create.acknowledged]
        what, self.count = self.chance.random(), self.count + 1
        text = f"{self.name} number {self.count}"
        if not mine or what < 0.35:
            ticket = Ticket(self.user, text, self.category, self.key(text), self.file(text))
            self.tickets.append(ticket)
            self.until_answered(ticket.create, "create")
            return
        ticket = self.chance.choice(mine)
        if what < 0.65:
            # Without an answer to a reply that may have opened the ticket, its status would not be known.
            key = text if ticket.status == CLOSED else self.key(text)
            reply = ticket.reply(text, key, self.file(text))
            if self.until_answered(reply, "reply") and ticket.status == CLOSED:
                ticket.status = PROCESSING
        elif what < 0.75:
            change = ticket.change(text)
            if self.until_answered(change, "status"):
                ticket.status, ticket.changes = change.fields["status"], ticket.changes + 1
        else:
            self.look(ticket)

    def key(self, text):
        return text if self.chance.random() < 0.7 else None

    def file(self, text):
        return File(text, self.chance.randrange(1, 100_000)) if self.chance.random() < self.files else None

    def until_answered(self, write, kind):
        """Sends it until it is done, if it has a key; once, if it has none. Whether it is done."""
        if write.key and self.load.before:
            self.load.before(write, self)
        kind = f"{kind} with file" if write.file else kind
        deadline = time.monotonic() + self.load.patience
        while True:
            done, pause = self.attempt(kind, lambda: write.send(self.client, self.headers, self.load.passing))
            if done or not write.key:
                return done
            if time.monotonic() > deadline:
                raise Surprise(f'"{write.text}" was not done in {self.load.patience} s')
            self.retried += 1
            time.sleep(pause)

    def look(self, ticket):
        """Reads a ticket, which must be as this client left it."""
        answers = []

        def view():
            path = f"/api/v1/support/ticket/detailed-view/?ticket_id={ticket.id}"
            answers.append(self.client.call("GET", path, self.headers))
            return answers[-1]

        done, pause = self.attempt("read", view)
        if not done:
            time.sleep(pause)
            if answers and answers[-1].status not in self.load.passing:
                raise Surprise(f'"{ticket.subject}" was answered {answers[-1].status}: {answers[-1].body}')
            return
        view = answers[-1].json()["data"]
        there = {conversation["comment"] for conversation in view["conversations"]}
        gone = [reply.text for reply in ticket.replies if reply.acknowledged and reply.text not in there]
        if gone or view["ticket"]["status"] != ticket.status:
            seen = f"status {view['ticket']['status']}, not {ticket.status}; without {gone}"
            raise Surprise(f'"{ticket.subject}" was read stale: {seen}')

    def attempt(self, kind, send):
        """Whether it was answered 200, and how long to wait before the next attempt."""
        started, status, retry_after = time.monotonic(), 0, None
        try:
            answer = send()
            status, retry_after = answer.status, answer.headers.get("Retry-After")
        except BROKEN:
            pass
        seconds = time.monotonic() - started
        self.load.records.append(Record(started, seconds, status, kind, retry_after))
        # As told, but never so long that a short run sees nothing, and unevenly, as clients are.
        pause = min(float(retry_after or 0.2), 0.5) * self.chance.uniform(0.5, 1)
        return status == 200, pause
