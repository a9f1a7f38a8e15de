"""Chromium, led by its driver, to see when a page is first painted."""

import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import time

from lab.client import Client
from lab.processes import Child, accepts, free_port

PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}
PAINT = "return performance.getEntriesByType('paint').filter(e => e.name === 'first-contentful-paint').map(e => e.startTime)"


def ensure():
    """Installs what is missing."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=sys.stderr)
        subprocess.run(command, check=True, stdout=sys.stderr)


class Browser(contextlib.ExitStack):
    """A browser in which the desk's agent is signed in."""

    def __init__(self, desk):
        super().__init__()
        ensure()
        self.desk, self.origin, port = desk, f"http://127.0.0.1:{desk.port}", free_port()
        driver = Child(["chromedriver", f"--port={port}"], desk.child.log.with_name("chromedriver.log"))
        self.callback(driver.end)
        driver.until(lambda: accepts(port), "chromedriver")
        self.client, self.session = Client(port, timeout=60), ""
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1440,900"]
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}}
        self.session = f"/session/{self._tell('POST', '/session', {'capabilities': wanted})['sessionId']}"
        self.callback(self._tell, "DELETE", self.session)
        self._sign_in(*desk.logins["agent"])

    def first_paint(self, path, cold, loads):
        """The median of when the first content is painted, in milliseconds from the start of loading."""
        figures = []
        for _ in range(loads + 1):
            if cold:
                self._tell("POST", f"{self.session}/goog/cdp/execute", {"cmd": "Network.clearBrowserCache", "params": {}})
            self._go("about:blank")
            self._go(f"{self.origin}{path}")
            figures.append(self._painted())
        return statistics.median(figures[1:])

    def _painted(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self._tell("POST", f"{self.session}/execute/sync", {"script": PAINT, "args": []})
            if found:
                return found[0]
            time.sleep(0.02)
        sys.exit("nothing was painted")

    def _sign_in(self, email, password):
        self._go(f"{self.origin}/desk/sign-in")
        for name, value in (("email", email), ("password", password + "\ue007")):
            element = self._tell("POST", f"{self.session}/element", {"using": "css selector", "value": f"[name={name}]"})
            (element,) = element.values()
            self._tell("POST", f"{self.session}/element/{element}/value", {"text": value})
        deadline = time.monotonic() + 20
        while "/desk/sign-in" in self._tell("GET", f"{self.session}/url"):
            if time.monotonic() > deadline:
                sys.exit(f"{email} cannot sign in with Chromium")
            time.sleep(0.05)

    def _go(self, url):
        self._tell("POST", f"{self.session}/url", {"url": url})

    def _tell(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        answer = self.client.call(method, path, headers, json.dumps(body) if body is not None else None)
        if answer.status != 200:
            sys.exit(f"chromedriver answers {path} with {answer.status}: {answer.body[:500]}")
        return answer.json()["value"]
