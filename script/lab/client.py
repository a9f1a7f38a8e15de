"""The customer API as a client sees it: calls, and writes that remember what was promised."""

import collections
import dataclasses
import hashlib
import http.client
import json
import random
import re
import time

BASE = "/api/v1/support"
PAGE = 1000
OPEN, PROCESSING, CLOSED = "1", "2", "3"
# What a broken connection raises, whenever it breaks.
BROKEN = (OSError, http.client.HTTPException)


def answered(client):
    """How many requests the server has answered, by status; to be told is one of them."""
    text = client.call("GET", "/metrics").body.decode()
    # A route may have braces of its own.
    found = re.findall(r'^ferrodesk_http_requests_total\{.*status="(\d+)".*\} (\d+)$', text, re.M)
    counts = collections.Counter()
    for status, count in found:
        counts[status] += int(count)
    return counts


class Surprise(Exception):
    """An answer that may not be."""


@dataclasses.dataclass
class Answer:
    """An answer that came whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    def json(self):
        return json.loads(self.body)


class Client:
    """Calls one address, on a connection that it keeps; one thread's own."""

    def __init__(self, port, timeout=30):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def call(self, method, path, headers=None, body=None):
        started = time.monotonic()
        try:
            self.connection.request(method, path, body=body, headers=headers or {})
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), time.monotonic() - started)
        except BROKEN:
            # The next call makes a new connection.
            self.connection.close()
            raise

    def leave(self, method, path, headers, body):
        """Sends a request and goes away without its answer, as a client does that runs out of time."""
        try:
            self.connection.request(method, path, body=body, headers=headers)
        except BROKEN:
            pass
        self.connection.close()

    def get(self, path, headers):
        """What a read answers that must succeed."""
        answer = self.call("GET", f"{BASE}{path}", headers)
        if answer.status != 200:
            raise Surprise(f"GET {path} was answered {answer.status}: {answer.body}")
        return answer

    def view(self, ticket, headers):
        return self.get(f"/ticket/detailed-view/?ticket_id={ticket}", headers).json()["data"]

    def history(self, headers):
        """Each ticket of a user."""
        path = f"/get/ticket/history/?limit={PAGE}"
        while path:
            answer = self.get(path, headers)
            yield from answer.json()["data"]["TicketList"]
            link = answer.headers.get("Link")
            path = link[link.index("<") + 1 : link.index(">")].removeprefix(BASE) if link else None


@dataclasses.dataclass
class File:
    """A file made from a seed, so that thousands of them need no memory."""

    seed: str
    size: int

    def content(self):
        return random.Random(self.seed).randbytes(self.size)


class Write:
    """Something that a client wants done, and whether it was promised; `text` is found nowhere else."""

    def __init__(self, path, text, fields, key=None, file=None):
        self.path, self.text, self.fields, self.key, self.file = path, text, fields, key, file
        self.acknowledged, self.ticket = False, None
        # When it was first sent, and when it was promised, as time.time() has it.
        self.began, self.ended = None, None

    def request(self, headers):
        """Its method, path, headers and body."""
        boundary = "lab" + hashlib.sha256(self.text.encode()).hexdigest()
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in self.fields.items()
        )
        if self.file:
            disposition = f'--{boundary}\r\nContent-Disposition: form-data; name="attachment"; filename="noise.bin"\r\n\r\n'
            body += disposition.encode() + self.file.content() + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        headers = {**headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        if self.key:
            headers["Idempotency-Key"] = self.key
        return "POST", f"{BASE}{self.path}", headers, body

    def send(self, client, headers, passing=(503,)):
        """Sends it. `passing` are the statuses that may come instead of success; then it may or may not be done."""
        self.began = self.began or time.time()
        answer = client.call(*self.request(headers))
        if answer.status == 200:
            self.acknowledged, self.ended = True, time.time()
            # Only a create has it.
            self.ticket = int(answer.headers.get("X-Ticket-Id", 0))
        elif answer.status not in passing:
            raise Surprise(f'"{self.text}" was answered {answer.status}: {answer.body}')
        return answer


class Ticket:
    """A ticket that one client wanted, and all it did with it."""

    def __init__(self, user, subject, category, key=None, file=None):
        fields = {"subject": subject, "priority": "2", "comment": "Is it there?", "category": category}
        self.user, self.create = user, Write("/create/ticket/", subject, fields, key, file)
        self.replies, self.status, self.changes = [], OPEN, 0

    @property
    def subject(self):
        return self.create.text

    @property
    def id(self):
        return self.create.ticket

    def reply(self, text, key=None, file=None):
        write = Write("/ticket/conversation/", text, {"ticket": self.id, "comment": text}, key, file)
        self.replies.append(write)
        return write

    def change(self, key):
        """Closes it, or opens it again; with a key always, because the status must be known."""
        status = PROCESSING if self.status == CLOSED else CLOSED
        return Write("/ticket/status/", key, {"ticket": self.id, "status": status}, key)
