"""HAProxy in front of Ferrodesk's nodes, or of whichever PostgreSQL is the primary."""

import pathlib
import socket
import time

from lab.packages import PROGRAMS, ensure
from lab.processes import Child, accepts, free_port

# What is sent to a node that does not take the connection was not seen by it, so that any request may go to another
# one. Once it may have been seen, only a read is sent again: the client alone knows whether its write has a key.
NODES = """
global
    maxconn 4096
    stats socket {socket} level admin

defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response
    default-server check inter 500ms fastinter 100ms fall 2 rise 1 observe layer4 error-limit 3 on-error mark-down

frontend ferrodesk
    bind 127.0.0.1:{port}
    http-request disable-l7-retry unless METH_GET
    default_backend nodes

backend nodes
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz
    http-check expect status 200
"""

# Patroni's REST API says who the primary is. Connections to one that no longer is are cut, so that nobody waits for it.
PRIMARY = """
global
    maxconn 4096

defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    default-server check inter 500ms fastinter 200ms fall 2 rise 1 on-marked-down shutdown-sessions

listen primary
    bind 127.0.0.1:{port}
    option httpchk
    http-check send meth GET uri /primary
    http-check expect status 200
"""


class HAProxy:
    """`servers` are lines of its configuration."""

    def __init__(self, folder, configuration, servers):
        ensure("haproxy")
        self.folder, self.port, self.child = pathlib.Path(folder), free_port(), None
        self.socket = self.folder / "admin.sock"
        lines = "".join(f"    server {server}\n" for server in servers)
        self.text = configuration.format(port=self.port, socket=self.socket) + lines

    def start(self):
        self.folder.mkdir()
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(self.text)
        # In the foreground, as one process.
        self.child = Child([PROGRAMS["haproxy"], "-db", "-f", configuration], self.folder.with_suffix(".log"))
        self.child.until(lambda: accepts(self.port), "HAProxy")

    def stop(self):
        if self.child:
            self.child.end()

    def drain(self, node, patience=60):
        """Sends a node no more requests, and waits until it has none, as docs/scale.md says."""
        self.tell(f"set server nodes/{name_of(node)} state drain")
        deadline = time.monotonic() + patience
        while self.requests(node) and time.monotonic() < deadline:
            time.sleep(0.05)

    def take(self, node):
        """Sends it requests again."""
        self.tell(f"set server nodes/{name_of(node)} state ready")

    def requests(self, node):
        """How many a node has."""
        head, *lines = self.tell("show stat").removeprefix("# ").splitlines()
        stats = [dict(zip(head.split(","), line.split(","))) for line in lines]
        return next(int(stat["scur"]) for stat in stats if stat["svname"] == name_of(node))

    def tell(self, command):
        """What HAProxy answers to a command."""
        with socket.socket(socket.AF_UNIX) as told:
            told.settimeout(10)
            told.connect(str(self.socket))
            told.sendall(f"{command}\n".encode())
            answer = b"".join(iter(lambda: told.recv(65536), b""))
        return answer.decode().strip()


def name_of(node):
    return f"node{node.port}"


def before_nodes(folder, nodes):
    return HAProxy(folder, NODES, [f"{name_of(node)} 127.0.0.1:{node.port}" for node in nodes])


def before_primary(folder, members):
    """`members` are pairs of PostgreSQL's port and Patroni's."""
    return HAProxy(folder, PRIMARY, [f"member{port} 127.0.0.1:{port} check port {api}" for port, api in members])
