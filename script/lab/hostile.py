"""Hostile clients: each kind holds, floods or confuses, and none does what a client should.

Run as a program, with the kind, the port, the number of connections, the pace and a file of what they may know of the desk, it
opens the connections, keeps them until the server ends each, and prints as JSON what they were answered and when the last was opened.
"""

import asyncio
import collections
import json
import os
import pathlib
import socket
import sys
import time

# Connections that are opened in a second, as fast as a thousand are opened by one machine that wants to.
RAMP = 500
# What is kept of an answer; the rest is counted.
KEPT_BYTES = 4096


class Target:
    """Where to, at what pace pieces are sent, and what a client of the desk knows."""

    def __init__(self, port, pace, known):
        self.port, self.pace, self.known = port, pace, known
        self.opened = time.monotonic()

    def opening(self):
        """Notes that a connection was opened, or its request begun: the server's time for it runs from here."""
        self.opened = time.monotonic()

    def head(self, method, path, *headers, known=True, version="HTTP/1.1"):
        """A request's head. `known` callers have an apikey and a token."""
        lines = [f"{method} {path} {version}", "Host: desk", *headers]
        lines += [f"{name}: {value}" for name, value in self.known["headers"].items()] if known else []
        return "\r\n".join([*lines, "", ""]).encode()

    def post(self, *headers, known=True):
        return self.head("POST", "/api/v1/support/create/ticket/", *headers, known=known)


async def connect(target, small=False):
    """A socket that is connected; a small one takes few bytes before it is read from."""
    made = socket.socket()
    made.setblocking(False)
    if small:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", target.port))
    target.opening()
    return made


async def streams(target, small=False):
    return await asyncio.open_connection(sock=await connect(target, small), limit=KEPT_BYTES)


async def until_closed(target, pieces, pace=None, small=False):
    """Sends `pieces`, one each `pace` seconds, and reads until the server closes; gives what was answered first."""
    reader, writer = await streams(target, small)
    answer = bytearray()

    async def read():
        while got := await reader.read(KEPT_BYTES):
            answer.extend(got[: KEPT_BYTES - len(answer)])

    async def send():
        for number, piece in enumerate(pieces):
            if number == 0:
                target.opening()
            writer.write(piece)
            await writer.drain()
            # Even without a pace: who never pauses does not read its answer either, and loses it with the connection.
            await asyncio.sleep(pace or 0)

    reading, sending = asyncio.create_task(read()), asyncio.create_task(send())
    try:
        await reading
    except OSError:
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()
    return bytes(answer)


def endless(piece):
    while True:
        yield piece


def after(first, then):
    yield first
    yield from then


# Slow ones: each holds its connection as long as the server lets it.


async def silent(target):
    """Connects and says nothing."""
    return await until_closed(target, [])


async def idle(target):
    """Asks once, properly, and keeps the connection."""
    return await until_closed(target, [target.head("GET", "/healthz", known=False)])


async def header_trickle(target):
    """Sends a header, byte by byte."""
    return await until_closed(target, after(target.head("GET", "/healthz", known=False)[:-2], endless(b"x")), target.pace)


async def large_header_trickle(target):
    """Sends as much of a head as is taken, and then byte by byte."""
    head = target.head("GET", "/healthz", "X-Large: " + "x" * 60_000, known=False)[:-2]
    return await until_closed(target, after(head, endless(b"x")), target.pace)


async def body_pause(target):
    """Announces a body and sends half of it."""
    head = target.post("Content-Type: application/json", "Content-Length: 1000")
    return await until_closed(target, [head + b'{"subject": "' + b"x" * 500])


async def body_trickle(target):
    """Sends a body byte by byte."""
    head = target.post("Content-Type: application/json", "Content-Length: 60000")
    return await until_closed(target, after(head + b'{"subject": "', endless(b"x")), target.pace)


async def large_body_trickle(target):
    """Sends as much of a body as is not counted, and then byte by byte."""
    head = target.post("Content-Type: application/json", "Content-Length: 16384")
    return await until_closed(target, after(head + b'{"subject": "' + b"x" * 15_000, endless(b"x")), target.pace)


async def multipart_trickle(target):
    """Sends a file byte by byte, so that it holds a share of the memory for files."""
    part = b'--x\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n'
    head = target.post("Content-Type: multipart/form-data; boundary=x", "Content-Length: 2000000")
    return await until_closed(target, after(head + part, endless(b"x")), target.pace)


async def chunk_trickle(target):
    """A chunk of one byte at a time, and no last one."""
    head = target.post("Content-Type: application/json", "Transfer-Encoding: chunked")
    return await until_closed(target, after(head, endless(b"1;a=b\r\n \r\n")), target.pace)


async def strangers_body(target):
    """Sends a body byte by byte, of which nothing is wanted: nobody knows who it is."""
    head = target.post("Content-Type: application/json", "Content-Length: 60000", known=False)
    return await until_closed(target, after(head, endless(b"x")), target.pace)


async def reads_nothing(target):
    """Asks for a file of 2 MiB and reads none of it; that the server is gone shows once it is read."""
    reader, writer = await streams(target, small=True)
    writer.transport.pause_reading()
    target.opening()
    writer.write(target.head("GET", target.known["file"]))
    await asyncio.sleep(target.known["patience"])
    writer.transport.abort()
    return b""


async def reads_slowly(target):
    """Asks for a file of 2 MiB, ten times, and reads a few hundred bytes at a time."""
    loop = asyncio.get_running_loop()
    answer = b""
    made = await connect(target, small=True)
    try:
        await loop.sock_sendall(made, target.head("GET", target.known["file"]) * 10)
        while got := await loop.sock_recv(made, 400):
            answer = (answer + got)[:KEPT_BYTES]
            await asyncio.sleep(target.pace)
    except OSError:
        pass
    finally:
        made.close()
    return answer


async def pipelines(target):
    """Twenty requests at once, of whose answers it reads none."""
    reader, writer = await streams(target, small=True)
    writer.transport.pause_reading()
    target.opening()
    writer.write(target.head("GET", target.known["history"]) * 20)
    await asyncio.sleep(target.known["patience"])
    writer.transport.abort()
    return b""


# Large and absurd ones: each costs work, again and again as soon as it is refused.


async def endless_chunks(target):
    """A body without end, as fast as it is taken."""
    head = target.post("Content-Type: application/json", "Transfer-Encoding: chunked")
    return await until_closed(target, after(head, endless(b"4000\r\n" + b" " * 0x4000 + b"\r\n")))


async def endless_files(target):
    """A file without end, as fast as it is taken."""
    part = b'--x\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n'
    head = target.post("Content-Type: multipart/form-data; boundary=x", "Transfer-Encoding: chunked")
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    return await until_closed(target, after(head + b"%x\r\n" % len(part) + part + b"\r\n", endless(chunk)))


async def strangers_chunks(target):
    """A body without end by nobody."""
    head = target.post("Content-Type: application/json", "Transfer-Encoding: chunked", known=False)
    return await until_closed(target, after(head, endless(b"4000\r\n" + b" " * 0x4000 + b"\r\n")))


async def many_parts(target):
    """Ten thousand parts."""
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 10_000 + b"--x--\r\n"
    head = target.post("Connection: close", "Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(body)}")
    return await until_closed(target, [head, body])


async def deep_json(target):
    """Ten thousand arrays in each other."""
    body = b'{"subject": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    head = target.post("Connection: close", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return await until_closed(target, [head, body])


async def many_values(target):
    """Almost 2 MiB of small values."""
    body = b'{"subject": [' + b"1," * 1_000_000 + b"1]}"
    head = target.post("Connection: close", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return await until_closed(target, [head, body])


async def many_fields(target):
    """Almost 2 MiB of small fields."""
    body = b"a=1&" * 500_000
    kind = "Content-Type: application/x-www-form-urlencoded"
    return await until_closed(target, [target.post("Connection: close", kind, f"Content-Length: {len(body)}"), body])


async def huge_header(target):
    """A header of 1 MiB."""
    return await until_closed(target, [target.head("GET", "/healthz", "X-Huge: " + "x" * 2**20)])


async def many_headers(target):
    """A thousand headers."""
    return await until_closed(target, [target.head("GET", "/healthz", *[f"X-{number}: x" for number in range(1000)])])


# Confusing ones: to each, one answer at most, and the connection ends with it.


async def two_lengths(target):
    """Two lengths that differ: the second request is in the first one's body, or is not."""
    head = target.post("Content-Type: application/json", "Content-Length: 2", "Content-Length: 60")
    return await until_closed(target, [head + b"{}" + target.head("GET", "/healthz", known=False)])


async def length_and_chunks(target):
    """A length and chunks: whoever goes by the length finds no second request, and whoever goes by the chunks does."""
    smuggled = target.head("GET", "/healthz", known=False)
    head = target.post("Content-Type: application/json", f"Content-Length: {5 + len(smuggled)}", "Transfer-Encoding: chunked")
    return await until_closed(target, [head + b"0\r\n\r\n" + smuggled])


async def chunks_and_length(target):
    """The same, in the other order."""
    smuggled = target.head("GET", "/healthz", known=False)
    head = target.post("Transfer-Encoding: chunked", "Content-Type: application/json", f"Content-Length: {5 + len(smuggled)}")
    return await until_closed(target, [head + b"0\r\n\r\n" + smuggled])


async def strange_encoding(target):
    """A Transfer-Encoding that some take for chunks and some do not."""
    smuggled = target.head("GET", "/healthz", known=False)
    head = target.post("Content-Length: 5", "Transfer-Encoding: chunked, identity")
    return await until_closed(target, [head + b"0\r\n\r\n" + smuggled])


async def space_before_colon(target):
    """A name with a space behind it, which some leave out."""
    smuggled = target.head("GET", "/healthz", known=False)
    return await until_closed(target, [target.post("Content-Length: 0", "Transfer-Encoding : chunked") + smuggled])


async def broken_chunk(target):
    """A chunk's length that is none."""
    head = target.post("Content-Type: application/json", "Transfer-Encoding: chunked")
    return await until_closed(target, [head + b"-1\r\n{}\r\n0\r\n\r\n" + target.head("GET", "/healthz", known=False)])


async def http2(target):
    """HTTP/2 from the first byte, and streams that are reset as soon as they are opened; it is not spoken here."""
    settings = b"\0\0\0\4\0\0\0\0\0"
    headers, reset = b"\0\0\1\1\5" + b"%c%c%c%c" % (0, 0, 0, 1) + b"\x82", b"\0\0\4\3\0\0\0\0\1\0\0\0\x08"
    return await until_closed(target, [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + (headers + reset) * 100])


SLOW = [silent, idle, header_trickle, large_header_trickle, body_pause, body_trickle, large_body_trickle, multipart_trickle,
        chunk_trickle, strangers_body, reads_nothing, reads_slowly, pipelines]
LARGE = [endless_chunks, endless_files, strangers_chunks, many_parts, deep_json, many_values, many_fields, huge_header,
         many_headers]
CONFUSING = [two_lengths, length_and_chunks, chunks_and_length, strange_encoding, space_before_colon, broken_chunk, http2]


def statuses(answer):
    """The statuses of all answers at the beginning of what came back; `-` is none."""
    found = [line.split(b" ")[1].decode() for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    # One that was told to send is still to be answered.
    return "+".join(status for status in found if status != "100") or "-"


async def one_after_the_other(kind, target, number, until, seen):
    """A connection, and, as long as there is time, another as soon as it is ended."""
    await asyncio.sleep(number / RAMP)
    while True:
        try:
            answer = await kind(target)
        except OSError:
            answer = b""
        seen[statuses(answer)] += 1
        if time.monotonic() > until:
            return


async def main(kind, port, count, pace, seconds, file):
    # They would have machines of their own: the server's is the server's and its users'.
    os.nice(19)
    kinds = {each.__name__: each for each in SLOW + LARGE + CONFUSING}
    target = Target(int(port), float(pace), json.loads(pathlib.Path(file).read_text()))
    until, seen = time.monotonic() + float(seconds), collections.Counter()
    await asyncio.gather(*[one_after_the_other(kinds[kind], target, number, until, seen) for number in range(int(count))])
    print(json.dumps({"answers": seen, "opened": target.opened}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
