"""A network between a server and its clients that goes bad when it is told to: slow, narrow, silent, or cut.

    network = lab.start(Proxy(postgres.port, lab.folder / "network"))
    network.set(delay=0.4)                   each direction, in seconds
    network.cut("rst", midway=True)          each connection, in the middle of what it sends or is sent next
    network.cut_commits("answered", 1)       once PostgreSQL has committed, and before its client hears of it

Run as a program it is the network itself, in a process of its own so that the load does not slow it down; it is told what
to do on a second port, a line of JSON each time.
"""

import asyncio
import contextlib
import json
import pathlib
import random
import socket
import struct
import sys
import time

# What a network is when nothing is wrong with it. `bandwidth` is bytes a second, for each connection and direction.
FAIR = {"delay": 0.0, "bandwidth": None, "silent": False, "refuse": False}
# As much as one direction of a connection may hold that is on its way.
HELD_MAX = 64
CHUNK = 65536
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
# How long an end that was told of the other's end may take to go.
PARTING = 2


class Proxy:
    """A network to `upstream`, a port of 127.0.0.1."""

    def __init__(self, upstream, log, speaks="postgres"):
        from lab.processes import free_port

        self.upstream, self.log, self.speaks = upstream, pathlib.Path(log), speaks
        self.port, self.control, self.child = free_port(), free_port(), None

    def start(self):
        from lab.processes import Child, accepts

        command = [sys.executable, __file__, self.upstream, self.port, self.control, self.speaks]
        self.child = Child(command, self.log)
        self.child.until(lambda: accepts(self.control), "the network")

    def stop(self):
        if self.child:
            self.child.end()

    def set(self, **weather):
        """Makes it as bad as told, and else fair."""
        return self._tell("set", {**FAIR, **weather})

    def cut(self, how, midway=False):
        """Cuts each connection, by "rst" or "fin"; `midway` is within the next piece that it carries."""
        return self._tell("cut", how, midway)

    def cut_commits(self, when, count=1):
        """Cuts the connections of the next `count` commits of what may have been written: "before" PostgreSQL sees them,
        when they are "sent", or when they are "answered" and the client has not heard."""
        return self._tell("cut_commits", when, count)

    def seen(self):
        """How many connections there are and were, how many were cut midway, and how many at a commit."""
        return self._tell("seen")

    def _tell(self, what, *arguments):
        with socket.create_connection(("127.0.0.1", self.control), timeout=10) as told, told.makefile("rw") as lines:
            lines.write(json.dumps([what, *arguments]) + "\n")
            lines.flush()
            return json.loads(lines.readline())


class Network:
    """What all connections share."""

    def __init__(self, upstream, speaks):
        self.upstream, self.weather, self.links = upstream, dict(FAIR), set()
        self.requests = Requests if speaks == "postgres" else Bytes
        self.flows, self.commits = asyncio.Event(), None
        self.accepted = self.cut_midway = self.cut_at_commit = 0
        self.flows.set()

    async def accept(self, reader, writer):
        self.accepted += 1
        if self.weather["refuse"]:
            end(writer, "rst")
            return
        link = Link(self, reader, writer)
        self.links.add(link)
        try:
            await link.run()
        except OSError:
            pass
        finally:
            self.links.discard(link)
            link.close()

    async def obey(self, reader, writer):
        while line := await reader.readline():
            what, *arguments = json.loads(line)
            writer.write((json.dumps(getattr(self, f"do_{what}")(*arguments)) + "\n").encode())
            await writer.drain()
        writer.close()

    def do_set(self, weather):
        self.weather = weather
        if weather["silent"]:
            self.flows.clear()
        else:
            self.flows.set()

    def do_cut(self, how, midway):
        for link in list(self.links):
            if midway:
                link.doom = (how, random.choice(("up", "down")))
            else:
                link.cut(how)
        return len(self.links)

    def do_cut_commits(self, when, count):
        self.commits = [when, count] if count else None

    def do_seen(self):
        return {"connections": len(self.links), "accepted": self.accepted, "cut midway": self.cut_midway,
                "cut at commit": self.cut_at_commit}

    def next_commit(self):
        """What to do with a commit, if it is one of those that are to be cut."""
        if not self.commits:
            return None
        self.commits[1] -= 1
        when = self.commits[0]
        if not self.commits[1]:
            self.commits = None
        self.cut_at_commit += 1
        return when


class Link:
    """A connection through the network: up is towards the server."""

    def __init__(self, network, reader, writer):
        self.network, self.client, self.server = network, (reader, writer), None
        self.doom, self.is_cut, self.requests, self.awaits_commit = None, False, network.requests(), False

    async def run(self):
        # One that came while nothing gets through reaches the server when something does.
        await self.network.flows.wait()
        self.server = await asyncio.open_connection("127.0.0.1", self.network.upstream)
        await asyncio.gather(self.carry("up", self.client, self.server), self.carry("down", self.server, self.client))

    async def carry(self, direction, source, target):
        """Takes in what comes from one end, and gives it to the other when it is due."""
        on_the_way = asyncio.Queue(HELD_MAX)
        delivering = asyncio.create_task(self.deliver(direction, on_the_way, target[1]))
        try:
            while chunk := await source[0].read(CHUNK):
                await on_the_way.put((time.monotonic() + self.network.weather["delay"], chunk))
                await self.network.flows.wait()
        except OSError:
            pass
        await on_the_way.put((time.monotonic() + self.network.weather["delay"], b""))
        await delivering

    async def deliver(self, direction, on_the_way, writer):
        while not self.is_cut:
            due, chunk = await on_the_way.get()
            await asyncio.sleep(due - time.monotonic())
            await self.network.flows.wait()
            if self.is_cut:
                return
            if not chunk:
                with contextlib.suppress(OSError):
                    writer.write_eof()
                return
            with contextlib.suppress(OSError):
                await self.hand_over(direction, chunk, writer)

    async def hand_over(self, direction, chunk, writer):
        if self.doom and self.doom[1] == direction and len(chunk) > 1:
            how, self.doom = self.doom[0], None
            self.network.cut_midway += 1
            await self.write(chunk[: random.randrange(1, len(chunk))], writer)
            self.cut(how)
        elif direction == "up":
            for message, is_commit in self.requests.split(chunk):
                when = self.network.next_commit() if is_commit else None
                if when == "before":
                    return self.cut("fin")
                self.awaits_commit = self.awaits_commit or when == "answered"
                await self.write(message, writer)
                if when == "sent":
                    # The server reads it before it reads that nobody is there any more.
                    return self.cut("fin")
        elif self.awaits_commit and COMMITTED in chunk:
            await self.write(chunk[: chunk.index(COMMITTED)], writer)
            self.cut("rst")
        else:
            await self.write(chunk, writer)

    async def write(self, chunk, writer):
        """Gives it to an end as fast as the network is wide."""
        while chunk and not self.is_cut:
            bandwidth = self.network.weather["bandwidth"]
            # In pieces of a twentieth of a second.
            piece = chunk[: max(bandwidth // 20, 1)] if bandwidth else chunk
            writer.write(piece)
            await writer.drain()
            chunk = chunk[len(piece) :]
            if bandwidth:
                await asyncio.sleep(len(piece) / bandwidth)

    def cut(self, how):
        self.is_cut = True
        for end_of_it in (self.client, self.server):
            if end_of_it:
                end(end_of_it[1], how)

    def close(self):
        for end_of_it in (self.client, self.server):
            if end_of_it:
                end_of_it[1].close()


class Requests:
    """The messages of a client of PostgreSQL, and which of them commit what may have been written."""

    def __init__(self):
        self.rest, self.has_begun, self.writes = b"", False, False

    def split(self, chunk):
        """The chunk in pieces that end where a commit begins or ends, each with whether it is one."""
        pieces, start, seen = [], 0, len(self.rest)
        data = self.rest + chunk
        while (length := self.length(data[start:])) and start + length <= len(data):
            message = data[start : start + length]
            if self.is_commit(message):
                # What was held against the end of an unfinished message is with the server already.
                pieces.append((data[seen:start], False))
                pieces.append((data[max(start, seen) : start + length], True))
                seen = start + length
            start += length
        pieces.append((data[seen:], False))
        self.rest = data[start:]
        return [piece for piece in pieces if piece[0]]

    def length(self, data):
        """Of the message that the data begins with; 0 as long as that is not known."""
        # The first has no kind.
        head = 1 if self.has_begun else 0
        if len(data) < head + 4:
            return 0
        return head + struct.unpack_from("!I", data, head)[0]

    def is_commit(self, message):
        if not self.has_begun:
            self.has_begun = True
            return False
        text = message[5:-1].upper() if message[:1] == b"Q" else b""
        if text.startswith(b"BEGIN"):
            self.writes = b"READ WRITE" in text
        return text == b"COMMIT" and self.writes


class Bytes:
    """What is sent by a client that speaks something else."""

    def split(self, chunk):
        return [(chunk, False)]


def end(writer, how):
    """Ends a connection: with a reset, or as one does who has said all."""
    if how == "rst":
        # It may be closed already.
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return
    # One that is closed already has no more to say.
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
    # To close with something unread would be a reset.
    asyncio.get_running_loop().call_later(PARTING, writer.close)


async def main(upstream, port, control, speaks):
    network = Network(int(upstream), speaks)
    await asyncio.start_server(network.obey, "127.0.0.1", control)
    server = await asyncio.start_server(network.accept, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
