"""Somebody else who takes up the connections of a PostgreSQL, those that are kept for superusers too."""

import socket
import struct
import threading
import time

from lab.postgres import USER

AUTHENTICATION, ERROR = b"R", b"E"
# Forty processes that end at once keep two cores busy for a tenth of a second, and whoever is measured waiting.
ONE_BY_ONE = 0.01


class Occupant:
    """Takes what is free, and goes on doing so, but for `left`."""

    def __init__(self, postgres, left=0):
        self.address, self.left = f"{postgres.socket}/.s.PGSQL.{postgres.port}", left
        self.held, self.refused, self.gone = [], threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._take)

    def start(self):
        """Returns when it has all."""
        self.thread.start()
        if not self.refused.wait(30):
            raise RuntimeError("there are still connections to be had")

    def stop(self):
        self.gone.set()
        self.thread.join()
        for connection in self.held:
            connection.close()
            time.sleep(ONE_BY_ONE)
        self.held = []

    def _take(self):
        while not self.gone.wait(0 if not self.refused.is_set() else 0.05):
            if connection := self._connect():
                self.held.append(connection)
            elif not self.refused.is_set():
                for connection in self.held[: self.left]:
                    connection.close()
                self.held = self.held[self.left :]
                self.refused.set()
                if self.left:
                    return

    def _connect(self):
        """A connection of the superuser; None if the server has no room."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(self.address)
        parameters = f"user\0{USER}\0database\0postgres\0application_name\0somebody else\0\0".encode()
        connection.sendall(struct.pack("!II", 8 + len(parameters), 3 << 16) + parameters)
        if connection.recv(1) == AUTHENTICATION:
            return connection
        connection.close()
        return None
