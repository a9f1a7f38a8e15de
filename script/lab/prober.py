"""Asks a server again and again how it is, from a process of its own so that the load does not slow it down.

Run as a program it prints a line for each answer: what was asked, when, how long it took, the status (0 is none).
"""

import collections
import http.client
import pathlib
import sys
import threading
import time

PATHS = ("/healthz", "/readyz")
PAUSE = 0.02
Probe = collections.namedtuple("Probe", "path started seconds status")


class Prober:
    """Probes a port from start() to stop()."""

    def __init__(self, port, log):
        self.port, self.log, self.child = port, pathlib.Path(log), None

    def start(self):
        from lab.processes import Child

        self.child = Child([sys.executable, __file__, self.port], self.log, own_machine=True)

    def stop(self):
        if self.child:
            self.child.end()

    def probes(self):
        """All so far, by path and in order."""
        found = {path: [] for path in PATHS}
        # The last line may be on its way.
        for line in self.log.read_text().splitlines()[:-1]:
            path, started, seconds, status = line.split()
            found[path].append(Probe(path, float(started), float(seconds), int(status)))
        return found


def probe(port, path):
    while True:
        # A connection each time, as those who watch a server do.
        connection, started = http.client.HTTPConnection("127.0.0.1", port, timeout=10), time.monotonic()
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
        seconds = time.monotonic() - started
        connection.close()
        # One write a line, so that the two threads do not mix theirs.
        sys.stdout.write(f"{path} {started:.4f} {seconds:.4f} {status}\n")
        sys.stdout.flush()
        time.sleep(PAUSE)


if __name__ == "__main__":
    for path in PATHS:
        threading.Thread(target=probe, args=[int(sys.argv[1]), path]).start()
