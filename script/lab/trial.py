"""A server under load that something is taken away from: what its clients and its probes see, and what is there afterwards."""

import dataclasses
import statistics
import sys
import time

from lab.ledger import histories, in_detail, in_history
from lab.load import Load
from lab.node import Workspace
from lab.prober import Prober

USERS = 4


@dataclasses.dataclass
class Outage:
    """When something was gone for sure, when it began to come back, and when it was back; `what` was so meanwhile."""

    what: str
    began: float
    gone: float
    coming: float
    back: float


class Trial:
    """One server, its load and its prober; `desk` is for commands. `bounds` has the longest that things may take:
    `refusal` for a request that is refused, `health` for /healthz. `passing` are the statuses that clients may see but
    200."""

    def __init__(self, lab, desk, node, name, ledger, bounds, clients, passing=(503,), fileless=0):
        self.desk, self.node, self.name, self.ledger, self.bounds = desk, node, name, ledger, bounds
        self.workspace, self.outages = Workspace(desk, name, USERS), []
        lab.start(node)
        everybody = self.workspace.sign_in(node.client())
        self.load = Load(clients, node.client, everybody, self.workspace.category, name, passing, fileless=fileless)
        self.prober = Prober(node.port, lab.folder / f"{name}-probes")
        lab.callback(self.load.stop)
        self.load.start()
        # What is measured is a server at work, not a machine that starts nine processes' worth of threads.
        deadline = time.monotonic() + 60
        while len(self.load.records) < clients:
            if time.monotonic() > deadline:
                sys.exit(f"{name}: {clients} clients were answered {len(self.load.records)} times in a minute")
            time.sleep(0.01)
        lab.start(self.prober)

    def work(self, seconds):
        """Lets the clients work, with PostgreSQL there."""
        self.workspace.stay_signed_in(self.node.client())
        time.sleep(seconds)

    def first_write(self, since):
        """When the first write was answered 200 that was not even begun before; None if there is none."""
        done = None
        # In the order in which they ended, of which only the last are of interest.
        for record in reversed(self.load.records):
            ended = record.started + record.seconds
            if ended < since:
                break
            if record.started > since and record.status == 200 and record.kind != "read":
                done = ended
        return done

    def until_write(self, since, patience):
        """How long it took until a write succeeded; None if none did."""
        while (done := self.first_write(since)) is None:
            if time.monotonic() > since + patience:
                return None
            time.sleep(0.02)
        return done - since

    def until_ready(self, since, patience):
        """How long it took until /readyz said so, and went on saying so."""
        while True:
            probes = [probe for probe in self.prober.probes()["/readyz"] if probe.started > since]
            # What it says before it has noticed does not count.
            away = [number for number, probe in enumerate(probes) if probe.status != 200]
            again = probes[away[-1] + 1 :] if away else probes
            if again:
                return again[0].started + again[0].seconds - since
            if time.monotonic() > since + patience:
                return None
            time.sleep(0.1)

    def holds(self, what, measured, bound):
        """A figure for the table, after it was held against its bound."""
        if measured is None or measured > bound:
            took = "for ever" if measured is None else f"{measured:.3f} s"
            self.ledger.wrong("slow", f"{self.name}: {what} took {took}, {bound} s at most")
        return "never" if measured is None else f"{measured:.2f}"

    def met(self, outage, expected):
        """The requests that met the outage; those that were answered within it must have been refused, or answered as
        `expected` of their kind."""
        # By now, none of them is still under way, unless it took far too long.
        time.sleep(self.bounds.refusal)
        met = []
        for record in list(self.load.records):
            ended = record.started + record.seconds
            if ended < outage.gone or record.started > outage.coming:
                continue
            met.append(record)
            if record.started > outage.gone and ended < outage.coming:
                if record.status not in expected.get(record.kind, self.load.passing):
                    seen = f"{record.kind} was answered {record.status} while {outage.what}"
                    self.ledger.wrong("wrong answers", seen)
        return met

    def finish(self, sabotage=None):
        """Ends the load, and holds everything against what was promised, after `sabotage` if that is wanted."""
        self.load.stop()
        for surprise in self.load.surprises:
            self.ledger.wrong("wrong answers", surprise)
        for record in self.load.records:
            if record.status == 0 or (record.status == 503 and record.retry_after is None):
                seen = f"{record.kind}: status {record.status}, Retry-After {record.retry_after}"
                self.ledger.wrong("wrong answers", seen)
        client = self.node.client()
        everybody = self.workspace.signed_in
        if sabotage:
            sabotage()
        found = histories(client, everybody)
        for ticket in self.load.tickets:
            is_there = in_history(found, ticket, self.ledger)
            self.ledger.holds(ticket.create.acknowledged, is_there, f'"{ticket.subject}"')
            if ticket.create.acknowledged:
                in_detail(client, everybody[ticket.user], ticket, self.ledger)
        self.desk.check(self.ledger)
        self.ledger["retried"] += self.load.retried
        return self.health()

    def health(self):
        """What the prober saw of /healthz, and clients of everything, as a row."""
        probes = self.prober.probes()["/healthz"]
        for probe in probes:
            if probe.status != 200:
                self.ledger.wrong("wrong answers", f"/healthz was answered {probe.status}")
        seconds = [probe.seconds for probe in probes]
        self.ledger.expected.append(("slow", f"{self.name}: /healthz"))
        self.holds("/healthz", max(seconds), self.bounds.health)
        p99 = statistics.quantiles(seconds, n=100)[98]
        refused = [record.seconds for record in self.load.records if record.status == 503]
        statuses = ", ".join(f"{status or 'none'}: {count}" for status, count in sorted(self.load.statuses().items()))
        return [self.name, len(seconds), f"{p99 * 1000:.0f} ms", f"{max(seconds) * 1000:.0f} ms",
                f"{max(refused, default=0):.2f}", statuses]
