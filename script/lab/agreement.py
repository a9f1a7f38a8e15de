"""What several nodes on one database must agree on, asked of all of them at once.

Each class is a part of script/nodes: `step()` is one trial, repeated as long as the load runs. `sabotage` makes a part do
what it looks for, to show that it would see it.
"""

import concurrent.futures
import json
import random
import threading
import time

from lab.client import BASE, BROKEN, CLOSED, Surprise, Ticket

LIMIT = 10
# How long a node may go on with what was revoked.
GRACE = 1


class Part:
    """A part on nodes of its own choice, in a thread of its own."""

    def __init__(self, nodes, ledger, sabotage):
        self.nodes, self.ledger, self.sabotage, self.trials = nodes, ledger, sabotage, 0
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=24)
        self.name = type(self).__name__.lower()

    def repeat(self, stopped):
        try:
            while not stopped.is_set():
                self.step()
                self.trials += 1
        except Exception as surprise:  # Whatever it is, a part that ends early is a finding.
            self.ledger.wrong("surprises", f"{self.name}: {type(surprise).__name__} {surprise}")

    def at_once(self, calls):
        """The answers of calls that are made together."""
        ready = threading.Barrier(len(calls))

        def together(call):
            ready.wait()
            return call()

        return list(self.pool.map(together, calls))


class Keys(Part):
    """One request with one Idempotency-Key, to several nodes at once, or again after a time-out: one effect."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.given = {}

    def before(self, write, worker):
        chance = worker.chance.random()
        if chance < 0.1:
            # Ran out of time; the node may be at it still.
            node = worker.chance.choice(self.nodes)
            node.client().leave(*write.request(worker.headers))
            self.ledger["left"] += 1
        elif chance < 0.25:
            self.everywhere(write, worker)

    def everywhere(self, write, worker):
        given = []

        def send(node):
            try:
                answer = node.client().call(*write.request(worker.headers))
            except BROKEN:
                return 0
            if answer.status == 200:
                given.append(answer.headers.get("X-Ticket-Id"))
            return answer.status

        # Not by the pool: several clients do this at a time.
        threads = [threading.Thread(target=send, args=[node]) for node in self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.ledger["at once"] += 1
        if len(set(given)) > 1:
            self.ledger.wrong("doubled", f'"{write.text}" at once was answered with {given}')
        if given:
            self.given[write.text] = given[0]

    def again(self, tickets, everybody, most=300):
        """Later: some that were answered are sent again, to any node."""
        clients = [node.client() for node in self.nodes]
        for ticket in random.sample(tickets, min(most, len(tickets))):
            for write in [ticket.create, *ticket.replies]:
                if not (write.key and write.acknowledged):
                    continue
                promised = write.ticket
                try:
                    write.send(random.choice(clients), everybody[ticket.user])
                except Surprise as surprise:
                    self.ledger.wrong("surprises", f"again: {surprise}")
                self.ledger["again"] += 1
                if write.ticket != promised:
                    self.ledger.wrong("doubled", f'"{write.text}" again is {write.ticket} beside {promised}')

    def compare(self, tickets):
        """What several nodes answered at once is what the client was told."""
        for ticket in tickets:
            given = self.given.get(ticket.subject)
            if given and ticket.id is not None and int(given) != ticket.id:
                self.ledger.wrong("doubled", f'"{ticket.subject}" at once was {given}, and then {ticket.id}')


class Limit(Part):
    """Many creates of one user at once, through all nodes: never more open tickets than the limit."""

    def __init__(self, nodes, ledger, sabotage, workspace):
        super().__init__(nodes, ledger, sabotage)
        self.headers, self.category = workspace.sign_in(nodes[0].client())[0], workspace.category
        self.open = []

    def step(self):
        tickets = [Ticket(0, f"limit {self.trials} {number}", self.category) for number in range(24)]

        def create(number, ticket):
            client = self.nodes[number % len(self.nodes)].client()
            # 401 is how the reference has it.
            answer = ticket.create.send(client, self.headers, passing=(401, 503))
            if answer.status == 401 and b"Open Ticket Limit" not in answer.body:
                raise Surprise(f"a create was refused with {answer.body}")

        room = LIMIT - len(self.open)
        self.at_once([lambda number=number, ticket=ticket: create(number, ticket) for number, ticket in enumerate(tickets)])
        made = [ticket for ticket in tickets if ticket.create.acknowledged]
        if len(made) != room:
            self.ledger.wrong("limit", f"{len(made)} of 24 tickets were opened where {room} had room")
        self.open += made
        for node in self.nodes:
            count = sum(ticket["status"] != CLOSED for ticket in node.client().history(self.headers))
            if count > LIMIT:
                self.ledger.wrong("limit", f"{count} tickets are open")
        # Makes room for the next trial, of a size that differs.
        random.shuffle(self.open)
        closing = [self.open.pop() for _ in range(random.randrange(1, len(self.open) + 1))]
        for ticket in closing:
            ticket.change(f"close {ticket.subject}").send(random.choice(self.nodes).client(), self.headers, passing=())


class Refresh(Part):
    """A refresh token on several nodes at once: one wins, and the session is over because it was used twice."""

    def __init__(self, nodes, ledger, sabotage, workspace):
        super().__init__(nodes, ledger, sabotage)
        self.workspace = workspace

    def step(self):
        client = self.nodes[0].client()
        headers, tokens = self.workspace.log_in(client, self.workspace.emails[0])
        given = [tokens["refresh"]]
        if self.sabotage:
            given.append(self.workspace.log_in(client, self.workspace.emails[0])[1]["refresh"])

        def refresh(node, token):
            headers = {"apikey": self.workspace.apikey, "Content-Type": "application/json"}
            return node.client().call("POST", "/api/v1/user/token/refresh/", headers, json.dumps({"refresh": token}))

        calls = [(node, given[number % len(given)]) for number, node in enumerate([*self.nodes, *self.nodes])]
        answers = self.at_once([lambda call=call: refresh(*call) for call in calls])
        revoked = time.monotonic()
        winners = [answer for answer in answers if answer.status == 200]
        others = {answer.status for answer in answers} - {200, 401}
        if len(winners) != 1 or others:
            self.ledger.wrong("refresh", f"one token was answered {sorted(answer.status for answer in answers)}")
        for winner in winners:
            node = random.choice(self.nodes)
            if (status := refresh(node, winner.json()["refresh"]).status) != 401:
                self.ledger.wrong("refresh", f"the next token of a session that is over was answered {status}")
            headers["Authorization"] = f"Bearer {winner.json()['access']}"
            self.ends(headers, revoked)

    def ends(self, headers, revoked):
        """Each node must refuse the session's access token soon."""
        for node in self.nodes:
            client = node.client()
            while client.call("GET", f"{BASE}/get/category-list/", headers).status != 401:
                if time.monotonic() > revoked + GRACE:
                    self.ledger.wrong("refresh", "an access token outlived its session by a second")
                    break
                time.sleep(0.02)


class Revocation(Part):
    """An apikey, or a user, is taken away by the command line while all nodes are asked: each refuses within a second."""

    def __init__(self, nodes, ledger, sabotage, workspace):
        super().__init__(nodes, ledger, sabotage)
        self.workspace, self.longest = workspace, 0

    def step(self):
        name = f"revoked-{self.trials}"
        email = self.workspace.emails[0]
        if self.trials % 2:
            email, apikey = self.workspace.add_user(f"{name}@example.com"), self.workspace.apikey
            command = ["user", "deactivate", "--workspace", self.workspace.name, "--email", email]
        else:
            key_id, apikey = self.workspace.add_apikey(name)
            command = ["apikey", "revoke", "--workspace", self.workspace.name, str(key_id)]
        headers, _ = self.workspace.log_in(self.nodes[0].client(), email, apikey)
        accepted, over = [0.0] * len(self.nodes), threading.Event()

        def ask(number):
            client = self.nodes[number].client()
            while not over.is_set():
                started = time.monotonic()
                answer = client.call("GET", f"{BASE}/get/category-list/", headers)
                if answer.status == 200:
                    accepted[number] = started
                elif answer.status != 401:
                    raise Surprise(f"a list was answered {answer.status}: {answer.body}")
                time.sleep(0.01)

        asking = [self.pool.submit(ask, number) for number in range(len(self.nodes))]
        time.sleep(0.3)
        if not self.sabotage:
            self.workspace.desk.cli(*command)
        revoked = time.monotonic()
        time.sleep(GRACE + 0.5)
        over.set()
        for future in asking:
            future.result()
        for last in accepted:
            if not last:
                raise Surprise("a node never accepted what was to be revoked")
            self.longest = max(self.longest, last - revoked)
            if last > revoked + GRACE:
                self.ledger.wrong("revocation", f"a node went on for {last - revoked:.1f} s after {' '.join(command)}")


class Visibility(Part):
    """What one node answered, the others show at once."""

    def __init__(self, nodes, ledger, sabotage, workspace):
        super().__init__(nodes, ledger, sabotage)
        self.clients = [node.client() for node in nodes]
        self.headers, self.category = workspace.sign_in(self.clients[0])[0], workspace.category
        self.ticket = None

    def step(self):
        writer = self.trials % len(self.clients)
        others = [client for client in self.clients if client is not self.clients[writer]]
        # A new ticket now and then, so that views stay short.
        if self.trials % 20 == 0:
            self.ticket = Ticket(0, f"visible {self.trials}", self.category)
            self.ticket.create.send(self.clients[writer], self.headers, passing=())
            for other in others:
                if next(other.history(self.headers))["id"] != self.ticket.id:
                    self.ledger.wrong("stale", f'"{self.ticket.subject}" is not in another node\'s history')
        reply = self.ticket.reply(f"visible reply {self.trials}")
        if not (self.sabotage and self.trials == 0):
            reply.send(self.clients[writer], self.headers, passing=())
        for other in others:
            self.ledger["seen at once"] += 1
            seen = other.view(self.ticket.id, self.headers)["conversations"]
            if not seen or seen[-1]["comment"] != reply.text:
                self.ledger.wrong("stale", f'"{reply.text}" is not in another node\'s view')
