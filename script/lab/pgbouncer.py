"""PgBouncer in front of a PostgreSQL, for every database that it has."""

import pathlib

from lab.packages import PROGRAMS, ensure
from lab.postgres import USER, url
from lab.processes import SERVICE_USER, Child, accepts, free_port, own_folder

CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
max_client_conn = 1000
default_pool_size = 50
; So that a test's database can be dropped soon after the test.
server_idle_timeout = 5
ignore_startup_parameters = extra_float_digits
"""


class PgBouncer:
    """`mode` is session or transaction."""

    def __init__(self, folder, postgres, mode):
        ensure("pgbouncer")
        self.folder, self.postgres, self.mode = pathlib.Path(folder), postgres, mode
        self.port, self.child = free_port(), None

    def start(self):
        own_folder(self.folder, user=None)
        # Root wrote what the service user must read.
        self.folder.chmod(0o755)
        users, configuration = self.folder / "users.txt", self.folder / "pgbouncer.ini"
        users.write_text(f'"{USER}" "{self.postgres.password}"\n')
        values = {"server": self.postgres.port, "port": self.port, "users": users, "mode": self.mode}
        configuration.write_text(CONFIGURATION.format(**values))
        command = [PROGRAMS["pgbouncer"], configuration]
        self.child = Child(command, self.folder.with_suffix(".log"), user=SERVICE_USER)
        self.child.until(lambda: accepts(self.port), "PgBouncer")

    def stop(self):
        if self.child:
            self.child.end()

    def url(self, database="postgres"):
        return url(self.postgres.password, self.port, database)
