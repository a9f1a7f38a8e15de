"""A workspace with a bit of everything in it, for tools that try all of an API."""

import json
import sys

from lab.client import Ticket, File
from lab.node import PASSWORD, Workspace

DESK = "/api/v1/desk"


class Furnished(Workspace):
    """A workspace with an admin, an agent and customers, and one or more of all that can be named by an id."""

    def __init__(self, desk, server, name="Acme"):
        super().__init__(desk, name, 2)
        self.server, self.ids = server, {}
        for role in ("admin", "agent", "customer"):
            user = ["--workspace", name, "--email", f"{role}@example.com", "--role", role, "--password-stdin"]
            self.ids[role] = desk.cli("user", "add", *user, given=PASSWORD)["id"]
        self.tag = desk.cli("tag", "add", "--workspace", name, "--tag", "urgent", "--keyword", "now")["id"]

    def sign_in_as(self, role):
        """The headers of somebody in that role, and none for nobody."""
        if role == "nobody":
            return {}
        email = self.emails[0] if role == "customer" else f"{role}@example.com"
        return self.log_in(self.server.client(), email)[0]

    def furnish(self):
        """Makes one or more of each; gives ids by kind."""
        client, admin, ids = self.server.client(), self.sign_in_as("admin"), {
            "category": self.category, "tag": self.tag, "user": self.ids["agent"], "requester": self.ids["customer"]}
        for number, email in enumerate(self.emails):
            headers = self.log_in(client, email)[0]
            ticket = Ticket(number, f"An order of {email}", self.category, file=File(email, 1000))
            ticket.create.send(client, headers)
            ticket.reply("Is there any news?").send(client, headers)
            ids["ticket"], view = ticket.id, client.view(ticket.id, headers)
            ids["attachment"] = view["attachments"][0]["id"]
        made = {
            "team": ("/teams", {"name": "Orders"}),
            "view": ("/views", {"name": "Mine", "query": "status=open"}),
            "canned reply": ("/canned-replies", {"shortcut": "hello", "body": "Hello, and thank you."}),
            "apikey": ("/apikeys", {"name": "Another"}),
            "identity provider": ("/identity-providers", {"issuer": "https://idp.example.com",
                                                          "jwks_url": "https://idp.example.com/keys",
                                                          "audience": "desk"}),
        }
        for kind, (path, body) in made.items():
            answer = client.call("POST", DESK + path, {**admin, "Content-Type": "application/json"}, json.dumps(body))
            if answer.status != 201:
                sys.exit(f"{path} was answered {answer.status}: {answer.body}")
            ids[kind] = answer.json()["id"]
        return ids
