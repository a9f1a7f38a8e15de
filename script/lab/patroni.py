"""PostgreSQL that survives the loss of its primary: Patroni's members, their etcd, and HAProxy that knows the primary."""

import http.client
import json
import os
import pathlib
import secrets
import signal
import sys
import time

from lab.client import BROKEN
from lab.haproxy import before_primary
from lab.packages import PROGRAMS, ensure
from lab.postgres import BIN, USER, sql, url
from lab.processes import SERVICE_USER, Child, accepts, free_port, own_folder

# How soon a primary that says nothing is replaced: its lease ends after `ttl`. Patroni wants
# loop_wait + 2 × retry_timeout ≤ ttl.
TIMES = {"ttl": 10, "loop_wait": 1, "retry_timeout": 4}


class Etcd:
    """A single member; it is not what is tested."""

    def __init__(self, folder):
        ensure("etcd-server")
        self.folder, self.port, self.child = pathlib.Path(folder), free_port(), None

    def start(self):
        own_folder(self.folder)
        client, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{free_port()}"
        urls = {"listen-client-urls": client, "advertise-client-urls": client, "listen-peer-urls": peer}
        urls.update({"initial-advertise-peer-urls": peer, "initial-cluster": f"default={peer}", "data-dir": self.folder})
        command = [PROGRAMS["etcd-server"], *(f"--{name}={value}" for name, value in urls.items())]
        self.child = Child(command, self.folder.with_suffix(".log"), user=SERVICE_USER)
        self.child.until(lambda: accepts(self.port), "etcd")

    def stop(self):
        if self.child:
            self.child.end()


class Member:
    """A Patroni and the PostgreSQL that it keeps."""

    def __init__(self, folder, etcd, password):
        self.folder, self.name = pathlib.Path(folder), pathlib.Path(folder).name
        self.port, self.api, self.child, self.password = free_port(), free_port(), None, password
        self.configuration = self.folder / "patroni.json"
        self.data, self.etcd, self.frozen = self.folder / "data", etcd, []

    def start(self):
        if not self.folder.exists():
            own_folder(self.folder)
            own_folder(self.folder / "socket")
            # JSON is YAML.
            self.configuration.write_text(json.dumps(self._settings(), indent=2))
            self.configuration.chmod(0o644)
        # Told to end, it ends its PostgreSQL too.
        command = [PROGRAMS["patroni"], self.configuration]
        self.child = Child(command, self.folder.with_suffix(".log"), user=SERVICE_USER, death="TERM")

    def postgres(self):
        """The pids of its PostgreSQL, the server first; none if it does not run."""
        try:
            server = int((self.data / "postmaster.pid").read_text().split()[0])
            # The file may be an old one's, and its number somebody else's by now.
            if os.readlink(f"/proc/{server}/cwd") != str(self.data):
                return []
            return [server, *map(int, pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split())]
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return []

    def kill(self, with_patroni):
        """Kills its PostgreSQL, as the loss of the machine would, and its Patroni if that is on the machine too."""
        pids = self.postgres()
        if with_patroni:
            self.child.kill()
        self._signal(pids, signal.SIGKILL)

    def freeze(self):
        """Stops both in the middle of whatever they do, as a machine that hangs; connections stay open."""
        # Its Patroni first, which would replace a PostgreSQL that does not answer.
        os.kill(self.child.pid, signal.SIGSTOP)
        # Then the server itself, so that it starts no more children.
        self._signal(self.postgres()[:1], signal.SIGSTOP)
        self.frozen = self.postgres()
        self._signal(self.frozen, signal.SIGSTOP)

    def thaw(self):
        """Lets both go on; PostgreSQL believes for a while that it is the primary still."""
        self._signal(self.frozen, signal.SIGCONT)
        os.kill(self.child.pid, signal.SIGCONT)

    def _signal(self, pids, what):
        for pid in pids:
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                # It followed its server at once.
                pass

    def cluster(self):
        """What it knows of the members: name → (role, state)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=2)
        try:
            connection.request("GET", "/cluster")
            members = json.loads(connection.getresponse().read())["members"]
        except (*BROKEN, KeyError, ValueError):
            return {}
        finally:
            connection.close()
        return {member["name"]: (member["role"], member["state"]) for member in members}

    def _settings(self):
        user = {"username": USER, "password": self.password}
        address, api = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.api}"
        access = [f"host {database} all 127.0.0.1/32 scram-sha-256" for database in ("all", "replication")]
        return {
            "scope": "ferrodesk",
            "name": self.name,
            "restapi": {"listen": api, "connect_address": api},
            "etcd3": {"host": f"127.0.0.1:{self.etcd.port}"},
            "bootstrap": {
                "dcs": {
                    **TIMES,
                    # One whose PostgreSQL died is not waited for.
                    "primary_start_timeout": 0,
                    "synchronous_mode": True,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {"max_connections": 200, "shared_buffers": "64MB", "wal_keep_size": "256MB"},
                    },
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
            },
            "postgresql": {
                "listen": address,
                "connect_address": address,
                "data_dir": str(self.data),
                "bin_dir": str(BIN),
                "pgpass": str(self.folder / "pgpass"),
                "authentication": {"superuser": user, "replication": user, "rewind": user},
                "parameters": {"unix_socket_directories": str(self.folder / "socket")},
                "pg_hba": ["local all all trust", *access],
            },
        }


class Patroni:
    """A cluster with one synchronous standby, reached through HAProxy."""

    def __init__(self, folder, count=3):
        ensure("patroni", "python3-etcd", "postgresql-15", "haproxy")
        self.folder, self.password = pathlib.Path(folder), secrets.token_hex(12)
        self.folder.mkdir()
        self.etcd = Etcd(self.folder / "etcd")
        self.members = [Member(self.folder / f"member{number}", self.etcd, self.password) for number in range(1, count + 1)]
        self.proxy = before_primary(self.folder / "haproxy", [(member.port, member.api) for member in self.members])

    def start(self):
        self.etcd.start()
        for member in self.members:
            member.start()
        self.settle()
        self.proxy.start()
        # To begin with, HAProxy takes every member for the primary, until it has asked them twice.
        time.sleep(2)

    def settle(self, patience=90):
        """Waits until all members run, with a primary and a synchronous standby: then one may be lost."""
        deadline = time.monotonic() + patience
        while True:
            roles = [member.cluster() for member in self.members]
            if all(self._settled(known) for known in roles):
                return
            if time.monotonic() > deadline:
                sys.exit(f"Patroni's members do not settle: {roles}; their logs are in {self.folder}")
            time.sleep(0.2)

    def _settled(self, known):
        kinds = sorted(role for role, state in known.values() if state in ("running", "streaming"))
        others = ["replica"] * (len(self.members) - 2)
        return kinds == ["leader", *others, "sync_standby"]

    def primary(self):
        for member in self.members:
            for name, (role, _) in member.cluster().items():
                if role == "leader":
                    return next(member for member in self.members if member.name == name)
        sys.exit("no member of Patroni knows the primary")

    def stop(self):
        for member in self.members:
            if member.child and member.child.running():
                member.thaw()
                member.child.process.terminate()
        for member in self.members:
            if member.child:
                member.child.end()
            member.kill(with_patroni=False)
        self.proxy.stop()
        self.etcd.stop()

    def url(self, database="postgres"):
        return url(self.password, self.proxy.port, database)

    def sql(self, statement, database="postgres"):
        member = self.primary()
        return sql(member.folder / "socket", member.port, statement, database)

    def create_database(self, name):
        self.sql(f'CREATE DATABASE "{name}"')
