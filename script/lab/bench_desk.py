"""A desk full of a demo's tickets, and what is asked of it to see how long it takes."""

import dataclasses
import json
import re
import statistics
import sys
import time
import urllib.parse

from lab.client import Client
from lab.node import Desk
from lab.postgres import Postgres
from lab.processes import Child, free_port

ENGINES = ("sqlite", "postgres")
API = "/api/v1/desk"
LIST_MS, PAGE_MS, SEARCH_MS, COUNTS_MS = 20, 15, 50, 20
SORTS = ("-updated", "updated", "-created", "created", "-priority")
VIEWS = ("mine", "unassigned", "open", "processing", "snoozed", "closed", "all")
# What a browser says that it understands.
ENCODINGS = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@dataclasses.dataclass
class Request:
    name: str
    path: str
    headers: dict
    aim: int


@dataclasses.dataclass
class Measured:
    name: str
    figure: float
    aim: int
    bytes: int = 0
    worst: float = 0

    def is_met(self):
        return self.figure <= self.aim

    def row(self):
        worst = f"{self.worst:.1f}" if self.worst else ""
        met = "yes" if self.is_met() else "**no**"
        return f"| {self.name} | {self.figure:.1f} | {worst} | {self.bytes or ''} | {self.aim} | {met} |"


class FilledDesk:
    """A server of `ferrodesk demo`, filled, and who is signed in to it: an agent by token and by cookie, and two team agents,
    one with nothing in reach and one with a team that has five hundred tickets."""

    def __init__(self, lab, program, engine, tickets):
        self.port, settings = free_port(), {}
        if engine == "postgres":
            server = Postgres(lab.folder / "postgres", durable=True, shared_buffers="1GB", max_wal_size="4GB")
            self.database = lab.start(server)
            server.create_database("demo")
            settings["database"] = server.url("demo")
        command = [program, "demo", "--data", lab.folder / "data", "--listen", f"127.0.0.1:{self.port}"]
        desk = Desk(program, lab.folder / "data", **settings)
        began = time.monotonic()
        self.child = Child([*command, "--tickets", tickets], lab.folder / "demo.log", env=desk.environment)
        lab.callback(self.child.end)
        self.child.until(self._is_ready, "the demo", patience=3600, pause=0.2)
        self.seconds = time.monotonic() - began
        if engine == "postgres":
            # As autovacuum would have done by the next minute, and an operator by docs/scale.md: what was open all over a
            # hundred thousand tickets, and is closed now, leaves the indexes full of holes.
            self.database.sql("REINDEX TABLE CONCURRENTLY ticket", "demo")
            self.database.sql("VACUUM ANALYZE", "demo")
        self.client = Client(self.port)
        said = self.child.log.read_text()
        self.apikey = re.search(r"apikey\n +(\S+)", said).group(1)
        logins = re.findall(r"^ +(\S+) +(\S+@\S+) +(demo-\S+)$", said, re.M)
        self.logins = {role: (email, password) for role, email, password in reversed(logins)}
        self.agent = self.token(*self.logins["agent"])
        self.cookie = self._cookie(*self.logins["agent"])
        self.nobody, self.team_agent, self.team = self._team_agents()

    def _is_ready(self):
        return "Ferrodesk is ready" in self.child.log.read_text(errors="replace")

    def token(self, email, password):
        """The headers of somebody who is signed in to the API."""
        body = json.dumps({"username": email, "password": password})
        headers = {"apikey": self.apikey, "Content-Type": "application/json"}
        answer = self.client.call("POST", "/api/v1/user/login/", headers, body)
        if answer.status != 200:
            sys.exit(f"{email} cannot sign in: {answer.status} {answer.body}")
        return {"apikey": self.apikey, "Authorization": f"Bearer {answer.json()['access']}"}

    def _cookie(self, email, password):
        body = urllib.parse.urlencode({"email": email, "password": password, "next": "/desk/tickets"})
        origin = f"http://127.0.0.1:{self.port}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Sec-Fetch-Site": "same-origin"}
        answer = self.client.call("POST", "/desk/sign-in", headers, body)
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie", [])]
        if not cookies:
            sys.exit(f"{email} cannot sign in to the console: {answer.status} {answer.body[:500]}")
        return {"Cookie": "; ".join(cookies)}

    def _team_agents(self):
        """Two agents of teams, and the team of the second, which has every hundredth of the last tickets."""
        admin = self.token(*self.logins["admin"])
        password = "made up by a script, nobody's password"
        ids = []
        for name in ("nobody", "tea"):
            body = {"email": f"{name}@bench.example", "role": "team-agent", "password": password}
            ids.append(self._post(f"{API}/users", admin, body)["id"])
        team = self._post(f"{API}/teams", admin, {"name": "Bench", "members": ids[1:]})["id"]
        last = self.get(f"{API}/tickets?sort=-created&limit=1&snoozed=included", admin)["tickets"][0]["id"]
        tickets = [number for number in range(last, 0, -100)][:500]
        self._post(f"{API}/tickets/bulk", admin, {"tickets": tickets, "change": {"team": team}})
        return self.token("nobody@bench.example", password), self.token("tea@bench.example", password), team

    def _post(self, path, headers, body):
        answer = self.client.call("POST", path, {**headers, "Content-Type": "application/json"}, json.dumps(body))
        if answer.status not in (200, 201):
            sys.exit(f"POST {path} was answered {answer.status}: {answer.body[:500]}")
        return answer.json()

    def get(self, path, headers):
        answer = self.client.call("GET", path, headers)
        if answer.status != 200:
            sys.exit(f"GET {path} was answered {answer.status}: {answer.body[:500]}")
        return answer.json()

    def a_ticket(self):
        """A ticket in the middle of those that are open."""
        tickets = self.get(f"{API}/tickets?status=processing&limit=200", self.agent)["tickets"]
        return tickets[len(tickets) // 2]["id"]

    def time(self, request, times):
        """The median of `times` requests, after one that does not count."""
        seconds, sent = [], 0
        for _ in range(times + 1):
            answer = self.client.call("GET", request.path, request.headers)
            if answer.status != 200:
                sys.exit(f"GET {request.path} was answered {answer.status}: {answer.body[:500]}")
            seconds.append(answer.seconds * 1000)
            sent = len(answer.body)
        return Measured(request.name, statistics.median(seconds[1:]), request.aim, sent, max(seconds[1:]))


def requests_of(desk):
    """All that is timed."""
    for view in VIEWS:
        path = f"/desk/tickets?view={view}"
        yield Request(f"console: list, view {view}", path, {**desk.cookie, **ENCODINGS}, LIST_MS)
    path = f"/desk/tickets/{desk.a_ticket()}?view=open"
    yield Request("console: ticket page", path, {**desk.cookie, **ENCODINGS}, PAGE_MS)
    yield Request("API: ticket", f"{API}/tickets/{desk.a_ticket()}", desk.agent, PAGE_MS)
    yield Request("API: counts of all views", f"{API}/views?counts=true", desk.agent, COUNTS_MS)
    yield from lists(desk)
    yield from searches(desk)


def lists(desk):
    """Every order with every filter, and for an agent of a team; of each the first page, and of some a page deep in."""
    for sort in SORTS:
        for filter in filters(desk):
            yield Request(f"API: list, {sort} {filter}".rstrip(), f"{API}/tickets?sort={sort}&{filter}", desk.agent, LIST_MS)
        for name, who in (("nothing in reach", desk.nobody), ("500 in reach", desk.team_agent)):
            yield Request(f"API: list, {sort}, team agent with {name}", f"{API}/tickets?sort={sort}", who, LIST_MS)
        yield deep(desk, sort)


def filters(desk):
    """A query for every filter, with what many tickets have and, where there is such a thing, with what few have."""
    categories = [category["id"] for category in desk.get(f"{API}/categories", desk.agent)["categories"]]
    tags = [tag["id"] for tag in desk.get(f"{API}/tags", desk.agent)["tags"]]
    tickets = desk.get(f"{API}/tickets?sort=created&limit=200&snoozed=included", desk.agent)["tickets"]
    first, requester = tickets[0], tickets[-1]["requester"]["id"]
    newest = desk.get(f"{API}/tickets?sort=-created&limit=200&snoozed=included", desk.agent)["tickets"][-1]
    old, new = (urllib.parse.quote(ticket["created_at"]) for ticket in (tickets[-1], newest))
    yield ""
    yield from (f"status={status}" for status in ("open", "processing", "closed"))
    yield from (f"priority={priority}" for priority in ("low", "high"))
    yield f"category={categories[0]}"
    yield f"tag={tags[0]}"
    yield "assignee=me"
    yield "assignee=none"
    yield f"team={desk.team}"
    yield "team=none"
    yield f"requester={requester}"
    yield f"requester={first['requester']['id']}"
    for what in ("created", "updated"):
        yield f"{what}_before={old}"
        yield f"{what}_from={new}"
    yield "snoozed=only"
    yield "snoozed=included"
    yield "text=invoice"
    yield "text=order+10007"
    yield "text=nowhere+at+all"
    yield "count=true"
    yield f"tag={tags[0]}&count=true"


def deep(desk, sort):
    """The tenth page of two hundred."""
    path = f"{API}/tickets?sort={sort}&limit=200"
    for _ in range(9):
        page = desk.get(path, desk.agent)
        if "next" not in page:
            break
        path = f"{API}/tickets?sort={sort}&limit=200&cursor={page['next']}"
    return Request(f"API: list, {sort}, page deep in", path.replace("limit=200", "limit=50"), desk.agent, LIST_MS)


def searches(desk):
    """Words that few, many and no tickets have, and phrases that stand nowhere."""
    queries = ("10007", "order", "in", "invoice order", '"dark theme"', '"theme dark"', '"is order"', "nowhere", "fixed morning")
    for query in queries:
        path = f"{API}/search?q={urllib.parse.quote(query)}"
        yield Request(f"API: search {query}", path, desk.agent, SEARCH_MS)
        for name, who in (("nothing in reach", desk.nobody), ("500 in reach", desk.team_agent)):
            yield Request(f"API: search {query}, team agent with {name}", path, who, SEARCH_MS)
    yield Request("console: search order", "/desk/search?q=order", {**desk.cookie, **ENCODINGS}, SEARCH_MS)


def page_weight(desk, path):
    """The bytes of a page and of the style and scripts that it wants, as they are sent to a browser."""
    plain = desk.client.call("GET", path, desk.cookie).body.decode()
    sent = {"html": len(desk.client.call("GET", path, {**desk.cookie, **ENCODINGS}).body)}
    wanted, seen = re.findall(r'(?:href|src)="(/assets/[^"]+)"', plain), set()
    while wanted:
        asset = wanted.pop()
        if asset in seen or not asset.endswith((".css", ".js", ".svg")):
            continue
        seen.add(asset)
        sent[asset] = len(desk.client.call("GET", asset, ENCODINGS).body)
        if asset.endswith(".js"):
            # What a module imports lies beside it.
            text = desk.client.call("GET", asset).body.decode()
            folder = asset.rsplit("/", 1)[0]
            wanted += [f"{folder}/{name}" for name in re.findall(r'from\s*["\']\./([^"\']+)["\']|import\s*\(?["\']\./([^"\']+)', text)
                       for name in name if name]
    return sent
