"""Users who do what users do, at an even pace, from a process of their own; a line for each answer: when, seconds, status.

Run as a program with the port and a file of what they know of the desk.
"""

import json
import os
import pathlib
import random
import sys
import threading
import time

from lab.client import BROKEN, Client, Ticket

PAUSE = 0.02


class Healthy:
    """Users at work from start() to stop()."""

    def __init__(self, port, known, log):
        self.port, self.known, self.log, self.child = port, known, pathlib.Path(log), None

    def start(self):
        from lab.processes import Child

        environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[1])}
        command = [sys.executable, "-m", "lab.healthy", self.port, self.known]
        self.child = Child(command, self.log, env=environment, own_machine=True)

    def stop(self):
        """Ends them; gives all answers as (started, seconds, status)."""
        self.child.end()
        # The last line may be cut off.
        lines = [line.split() for line in self.log.read_text().splitlines()[:-1]]
        return [(float(started), float(seconds), int(status)) for started, seconds, status in lines]


def work(port, known, number):
    client, headers = Client(port), known["everybody"][number]
    for count in range(1_000_000_000):
        # Every fifth is a write.
        write = Ticket(number, f"healthy {number} {count}", known["category"]).create if count % 5 == 0 else None
        request = write.request(headers) if write else ("GET", random.choice(known["reads"][number]), headers, None)
        started = time.monotonic()
        try:
            status = client.call(*request).status
        except BROKEN:
            status = 0
        # One write a line, so that the threads do not mix theirs.
        sys.stdout.write(f"{started:.4f} {time.monotonic() - started:.5f} {status}\n")
        sys.stdout.flush()
        time.sleep(random.uniform(0.5, 1.5) * PAUSE)


if __name__ == "__main__":
    everything = json.loads(pathlib.Path(sys.argv[2]).read_text())
    for each in range(len(everything["everybody"])):
        threading.Thread(target=work, args=[int(sys.argv[1]), everything, each]).start()
