"""A PostgreSQL of one's own: its data in a folder, on a port of 127.0.0.1, gone with the run."""

import json
import os
import pathlib
import secrets
import shutil
import signal

from lab.packages import ensure
from lab.processes import SERVICE_USER, Child, free_port, own_folder, run

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
# What a desk's database is called, where there is one.
DATABASE = "desk"
STOPS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
# Tests lose nothing that they would miss; what a power cut does is not what they are about.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ACCESS = """
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""


def url(password, port, database):
    """What the superuser connects to."""
    return f"postgres://{USER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable"


def local(socket, port):
    """The same, for PostgreSQL's own programs."""
    return f"host={socket} port={port} user={USER}"


def sql(socket, port, statement, database):
    """What a statement answers, columns with | between them."""
    options = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", f"{local(socket, port)} dbname={database}"]
    return run([BIN / "psql", *options, "-c", statement]).strip()


def database_on(engine, lab, durable=True):
    """What a desk on an engine is told of its database, and the server that was started for it, if it needs one."""
    if engine == "sqlite":
        return {}, None
    server = lab.start(Postgres(lab.folder / "database", durable=durable))
    server.create_database(DATABASE)
    return {"database": server.url(DATABASE)}, server


class Postgres:
    """A server. `durable` is how production has it; without, it is fast, for functional tests."""

    def __init__(self, folder, durable, port=None, tls=False, shared_buffers="64MB", **settings):
        ensure("postgresql-15", "openssl")
        self.folder, self.durable, self.port = pathlib.Path(folder), durable, port or free_port()
        self.data, self.socket, self.ca = self.folder / "data", self.folder / "socket", None
        self.password, self.child, self.tls, self.primary = secrets.token_hex(12), None, tls, None
        self.settings = {
            "shared_buffers": shared_buffers,
            "max_connections": 500,
            "max_wal_senders": 10,
            **({} if durable else NOT_DURABLE),
            **settings,
        }

    def start(self):
        """Starts it, and returns when it answers."""
        if not self.folder.exists():
            self._prepare()
        # Told so by its parent's death, it ends without a checkpoint.
        command = [BIN / "postgres", "-D", self.data]
        self.child = Child(command, self.folder.with_suffix(".log"), user=SERVICE_USER, death="QUIT")
        self.child.until(self.ready, "PostgreSQL")

    def ready(self):
        """Whether it takes connections, as pg_ctl finds out."""
        try:
            status = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(status) > 7 and status[0] == str(self.child.pid) and status[7].strip() == "ready"

    def stop(self, mode="fast"):
        if self.child:
            self.child.end(STOPS[mode])

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def processes(self):
        """The pids of the server and all that it started."""
        # The children have sessions of their own, so that only the parent's pid tells.
        children = f"/proc/{self.child.pid}/task/{self.child.pid}/children"
        return [self.child.pid, *map(int, pathlib.Path(children).read_text().split())]

    def hang(self):
        """Stops it in the middle of whatever it does; the connections stay open, and nobody answers."""
        # The server first, so that it starts no more children.
        os.kill(self.child.pid, signal.SIGSTOP)
        self._signal_all(signal.SIGSTOP)

    def go_on(self):
        self._signal_all(signal.SIGCONT)

    def url(self, database="postgres"):
        return url(self.password, self.port, database)

    def sql(self, statement, database="postgres"):
        return sql(self.socket, self.port, statement, database)

    def create_database(self, name):
        self.sql(f'CREATE DATABASE "{name}"')

    def dump(self, database, file):
        run([BIN / "pg_dump", "--format=custom", f"--file={file}", self.url(database)])

    def restore(self, file, database):
        """Into an empty database."""
        run([BIN / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={self.url(database)}", file])

    def replica(self, folder, synchronous=False):
        """A streaming replica that runs; commits wait for a synchronous one."""
        name = pathlib.Path(folder).name
        replica = Postgres(folder, self.durable, **self.settings)
        replica.primary, replica.password = self, self.password
        replica.start()
        if synchronous:
            self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{json.dumps(name)}'")
            self.sql("SELECT pg_reload_conf()")
        return replica

    def _signal_all(self, what):
        for pid in self.processes():
            os.kill(pid, what)

    def _prepare(self):
        own_folder(self.folder)
        own_folder(self.socket)
        if self.primary:
            name = self.folder.name
            source = f"{local(self.primary.socket, self.primary.port)} application_name={name}"
            backup = ["-D", self.data, "-R", "-C", "-S", name, "-X", "stream", "-c", "fast", "-d", source]
            run([BIN / "pg_basebackup", *backup, *([] if self.durable else ["--no-sync"])], user=SERVICE_USER)
        else:
            self._initialise()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.socket,
            "log_line_prefix": "%m [%p] ",
            **self.settings,
        }
        if self.tls:
            settings.update(self._certificates())
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (self.data / "postgresql.conf").write_text("".join(lines))
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def _initialise(self):
        # Through a file, because arguments are for everybody to see.
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o644)
        options = ["-D", self.data, "-U", USER, "--pwfile", password, "--locale=C.UTF-8", "--encoding=UTF8"]
        options += ["--auth=scram-sha-256", "--no-instructions", "--data-checksums"]
        # Without it, initdb looks through all time zones for the machine's.
        environment = {**os.environ, "TZ": "UTC"}
        run([BIN / "initdb", *options, *([] if self.durable else ["--no-sync"])], user=SERVICE_USER, env=environment)

    def _certificates(self):
        """The settings for TLS, with a certificate of an authority made for it; plain clients are served as well."""
        # Not below the service user's folder: clients have to read the authority's.
        folder = self.folder.with_suffix(".tls")
        folder.mkdir()
        self.ca, ca_key = folder / "ca.pem", folder / "ca.key"
        certificate, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
        extensions = folder / "extensions"
        extensions.write_text("basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n")
        new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run([*new, "-x509", "-days", "2", "-subj", "/CN=Ferrodesk lab", "-keyout", ca_key, "-out", self.ca])
        run([*new, "-subj", "/CN=localhost", "-keyout", key, "-out", request])
        sign = ["openssl", "x509", "-req", "-days", "2", "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial"]
        run([*sign, "-in", request, "-extfile", extensions, "-out", certificate])
        # PostgreSQL takes a key that is root's or its own, and nobody else's to read.
        own = self.data / "server.key"
        own.touch(mode=0o600)
        own.write_text(key.read_text())
        if SERVICE_USER:
            shutil.chown(own, SERVICE_USER, SERVICE_USER)
        return {"ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": own}
