"""An S3 server for tests that checks signatures: OpenStack Swift, all of it on this machine.

    from lab.swift import Swift, ensure_installed

    python3 -m lab.swift --run -- cargo nextest run s3     (in script/, or with PYTHONPATH=script)

runs a command with a server of its own, and TEST_S3_ENDPOINT, TEST_S3_BUCKET, TEST_S3_ACCESS_KEY_ID and
TEST_S3_SECRET_ACCESS_KEY in its environment. Nothing but Python with its venv module is needed: Swift and what it needs
come from PyPI as built packages, at the versions below.
"""

import argparse
import base64
import email.utils
import hashlib
import hmac
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.pypi import programs

# PyECLib brings liberasurecode along.
PACKAGES = """\
certifi==2026.10.18
cffi==2.1.1
charset-normalizer==3.5.2
cryptography==50.0.2
dnspython==2.9.2
eventlet==0.41.3
greenlet==3.5.6
idna==3.20
lxml==6.1.3
PasteDeploy==3.1.0
pycparser==3.12
pyeclib==1.8.0
requests==2.34.2
swift==2.38.3
urllib3==2.8.0
xattr==1.3.0
"""

# How long the four servers may take to come up, in seconds; two or three are usual.
PATIENCE = 30

SERVERS = ("account", "container", "object", "proxy")

# Buckets may be asked for by host name too, as BUCKET.s3.test.
STORAGE_DOMAIN = "s3.test"

SWIFT_CONF = """\
[swift-hash]
swift_hash_path_suffix = ferrodesk
[storage-policy:0]
name = only
default = yes
"""

COMMON = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
workers = 0
log_level = WARNING
"""

STORAGE = """\
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

PROXY = """\
[pipeline:main]
pipeline = catch_errors s3api tempauth copy slo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:s3api]
use = egg:swift#s3api
storage_domain = {domain}
# So few that listings have pages.
max_bucket_listing = 50
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{person} = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""

# One device, one replica, sixteen parts: all that tests need. Run by the Python that Swift is installed for.
BUILD_RINGS = """
import sys
from swift.common.ring import RingBuilder
folder, ports = sys.argv[1], sys.argv[2:]
for kind, port in zip(("account", "container", "object"), ports):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{kind}.ring.gz")
"""


class NotStarted(Exception):
    """Swift did not come up; the message says where its logs are."""


def ensure_installed():
    """Installs Swift below the target folder, unless it is there, and gives the folder of its programs."""
    return programs("lab", PACKAGES)


class Swift:
    """A Swift of four processes, whose data, settings and logs are in `folder`, which must exist and is not removed."""

    access_key = "lab:tester"
    secret_key = "a-secret-of-the-lab"

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.endpoint = None
        self._processes = []

    def start(self):
        """Starts the servers, and returns when they answer."""
        programs = ensure_installed()
        for attempt in (1, 2, 3):
            try:
                return self._start(programs)
            except NotStarted:
                # Another program may have taken a port in the meantime; other ports are tried.
                self.stop()
                if attempt == 3:
                    raise
            except BaseException:
                self.stop()
                raise

    def stop(self):
        """Ends the servers that `start` has started, and no others."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []
        self.endpoint = None

    def create_bucket(self, name):
        """Makes an empty bucket; one that is there already stays as it is."""
        date = email.utils.formatdate(usegmt=True)
        text = f"PUT\n\n\n{date}\n/{name}"
        mac = hmac.new(self.secret_key.encode(), text.encode(), hashlib.sha1)
        signature = base64.b64encode(mac.digest()).decode()
        headers = {"Date": date, "Authorization": f"AWS {self.access_key}:{signature}", "Content-Length": "0"}
        status, body = self._request("PUT", f"/{name}", headers)
        if status not in (200, 409):
            raise RuntimeError(f"cannot create the bucket {name}: {status} {body}")

    def environment(self, bucket):
        """What tests are told of the server, as environment variables."""
        return {
            "TEST_S3_ENDPOINT": self.endpoint,
            "TEST_S3_BUCKET": bucket,
            "TEST_S3_ACCESS_KEY_ID": self.access_key,
            "TEST_S3_SECRET_ACCESS_KEY": self.secret_key,
        }

    def _start(self, programs):
        ports = dict(zip(SERVERS, free_ports(len(SERVERS))))
        (self.folder / "devices/disk").mkdir(parents=True, exist_ok=True)
        (self.folder / "swift.conf").write_text(SWIFT_CONF)
        storage_ports = [str(ports[kind]) for kind in SERVERS if kind != "proxy"]
        subprocess.run([programs / "python", "-c", BUILD_RINGS, self.folder, *storage_ports], check=True)
        account, person = self.access_key.split(":")
        words = {"account": account, "person": person, "secret": self.secret_key, "domain": STORAGE_DOMAIN}
        user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
        for kind, port in ports.items():
            text = COMMON + (PROXY if kind == "proxy" else STORAGE)
            file = self.folder / f"{kind}.conf"
            file.write_text(text.format(kind=kind, port=port, user=user, folder=self.folder, **words))
            with open(self.folder / f"{kind}.log", "ab") as log:
                command = [programs / f"swift-{kind}-server", file, "--verbose"]
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            self._processes.append(process)
        self.endpoint = f"http://127.0.0.1:{ports['proxy']}"
        deadline = time.monotonic() + PATIENCE
        while not all(answers(port) for port in ports.values()):
            if any(process.poll() is not None for process in self._processes) or time.monotonic() > deadline:
                raise NotStarted(f"Swift did not start; its logs are in {self.folder}")
            time.sleep(0.05)

    def _request(self, method, path, headers):
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=10)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()


def free_ports(count):
    """Ports that nobody listens on now. All are held until all are known, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def answers(port):
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    parser = argparse.ArgumentParser(prog="python3 -m lab.swift", description="Run a command with an S3 server.")
    parser.add_argument("--run", action="store_true", required=True, help="run COMMAND, then stop the server")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    command = parser.parse_args().command
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        parser.error("what is to be run?")
    # So that the servers end with us whoever ends us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bucket = "ferrodesk-tests"
    with tempfile.TemporaryDirectory(prefix="swift-") as folder:
        swift = Swift(folder)
        swift.start()
        try:
            swift.create_bucket(bucket)
            return subprocess.run(command, env={**os.environ, **swift.environment(bucket)}).returncode
        finally:
            swift.stop()


if __name__ == "__main__":
    sys.exit(main())
