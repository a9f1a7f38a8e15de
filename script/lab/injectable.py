"""A server that puts what it is asked for into its SQL, as none should: what a tool that looks for injections must find."""

import http.server
import json
import sqlite3
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("id", ["1"])[0]
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE ticket (id INTEGER, subject TEXT)")
        database.executemany("INSERT INTO ticket VALUES (?, ?)", [(number, f"ticket {number}") for number in range(1, 5)])
        try:
            found, status = database.execute(f"SELECT id, subject FROM ticket WHERE id = {given}").fetchall(), 200
        except sqlite3.Error as error:
            found, status = str(error), 500
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


class Injectable:
    """The server, on a port of its own, as long as it is entered."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
