"""Ferrodesk itself: an installation, its command line and its servers."""

import json
import os
import pathlib
import subprocess
import sys
import time

from lab.client import Client
from lab.processes import Child, free_port

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
PASSWORD = "made up by a script, nobody's password"


def binary(given):
    """The server to test: the given one, else a release build."""
    if given:
        return given.resolve()
    subprocess.run(["cargo", "build", "--release", "--bin", "ferrodesk"], cwd=REPOSITORY, check=True)
    return REPOSITORY / "target/release/ferrodesk"


class Desk:
    """An installation. `settings` are Ferrodesk's own, such as database, that all its servers and commands share."""

    def __init__(self, program, folder, **settings):
        self.program, self.folder = program, folder
        # Without the caller's settings, which are not meant for this desk.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FERRODESK_")}
        given = {f"FERRODESK_{name.upper()}": str(value) for name, value in {"log": "warn", **settings}.items()}
        self.environment = {**kept, **given}

    def run(self, *arguments, given=""):
        command = [self.program, *arguments, "--json", "--data", self.folder]
        return subprocess.run(command, env=self.environment, input=given, capture_output=True, text=True)

    def cli(self, *arguments, given=""):
        """The answer of a command that must succeed."""
        done = self.run(*arguments, given=given)
        if done.returncode != 0:
            sys.exit(f"ferrodesk {' '.join(map(str, arguments))} failed: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def check(self, ledger):
        """Lets Ferrodesk hold its database and files against each other."""
        done = self.run("check", "--contents")
        if done.returncode != 0:
            # There may be a problem for each of thousands of files.
            ledger.wrong("failed checks", done.stderr + done.stdout[:1000])


class Workspace:
    """A workspace and who may call; `limit` is of open tickets, 0 is none."""

    def __init__(self, desk, name, users, limit=0):
        self.desk, self.name = desk, name
        desk.cli("workspace", "add", name, "--open-ticket-limit", str(limit))
        self.apikey_id, self.apikey = self.add_apikey(name)
        self.category = str(desk.cli("category", "add", "--workspace", name, "--name", "Billing")["id"])
        self.emails = [self.add_user(f"user-{number}@example.com") for number in range(users)]
        self.signed_in, self.since = [], 0

    def add_apikey(self, name):
        """Its id, and the key."""
        added = self.desk.cli("apikey", "add", "--workspace", self.name, "--name", name)
        return added["id"], added["apikey"]

    def add_user(self, email):
        user = ["--workspace", self.name, "--email", email, "--role", "customer", "--password-stdin"]
        self.desk.cli("user", "add", *user, given=PASSWORD)
        return email

    def log_in(self, client, email, apikey=None):
        """The headers of a user, and the tokens."""
        apikey = apikey or self.apikey
        body = json.dumps({"username": email, "password": PASSWORD})
        headers = {"apikey": apikey, "Content-Type": "application/json"}
        answer = client.call("POST", "/api/v1/user/login/", headers, body)
        if answer.status != 200:
            sys.exit(f"{email} cannot sign in: {answer.status} {answer.body}")
        tokens = answer.json()
        return {"apikey": apikey, "Authorization": f"Bearer {tokens['access']}"}, tokens

    def sign_in(self, client):
        """The headers of each user."""
        self.since = time.monotonic()
        self.signed_in = [self.log_in(client, email)[0] for email in self.emails]
        return self.signed_in

    def stay_signed_in(self, client):
        """Signs in again in good time, under who uses the headers: tokens last a quarter of an hour."""
        if time.monotonic() > self.since + 600:
            self.since = time.monotonic()
            for email, headers in zip(self.emails, self.signed_in):
                headers.update(self.log_in(client, email)[0])


class Node:
    """A server of a desk, with a data folder; it is the only process that this ever ends."""

    def __init__(self, desk, data, port=None, log=None, own_machine=True):
        self.desk, self.data, self.port, self.child = desk, pathlib.Path(data), port or free_port(), None
        self.own_machine = own_machine
        self.log = log or self.data.with_name(f"{self.data.name}.log")

    def start(self):
        """Starts it, and returns when it is ready to serve."""
        self.begin()
        self.child.until(self.ready, "the server")

    def start_timed(self):
        """The same; gives how long it took, in seconds."""
        started = time.monotonic()
        self.start()
        return time.monotonic() - started

    def begin(self):
        """Starts it without waiting."""
        command = [self.desk.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        self.child = Child(command, self.log, env=self.desk.environment, own_machine=self.own_machine)

    def ready(self):
        try:
            return self.client().call("GET", "/readyz").status == 200
        except OSError:
            return False

    def client(self):
        return Client(self.port)

    def stop(self):
        if self.child:
            self.child.end()

    def kill(self):
        self.child.kill()
