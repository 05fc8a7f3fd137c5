"""The clients: some connections that are kept alive, each asking again as soon as it is answered; in one process.

They take an answer's bytes as they come and look only for its end and its status, so that they need a small part of
the time that the fastest server needs; `busy` says which.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter, process_time

from httptools import HttpResponseParser

PATIENCE = 120.0  # seconds without a byte from anybody, after which the run is given up
_BUFFER = 2**20


@dataclass(frozen=True)
class Load:
    """A run: seconds until each answer was whole, of the run, and of the client's processor; bytes of all answers."""

    waited: list[float]
    seconds: float
    busy: float
    bytes: int

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.waited) / self.seconds


class Connection:
    """One client. `request` is sent as it is, and each answer must have the status."""

    def __init__(self, address: tuple[str, int], request: bytes, status: int) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self._request = request
        self._status = status
        self._parser = HttpResponseParser(self)
        self._is_whole = False

    def ask(self) -> None:
        self._is_whole = False
        self.begun = perf_counter()
        self.socket.sendall(self._request)

    def receive(self, buffer: memoryview) -> int:
        """Takes what has come; the number of bytes."""
        size = self.socket.recv_into(buffer)
        if not size:
            raise ConnectionError("the server hung up")
        self._parser.feed_data(buffer[:size])
        return size

    @property
    def is_whole(self) -> bool:
        """Whether the answer is there."""
        return self._is_whole

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if (status := self._parser.get_status_code()) != self._status:
            raise ValueError(f"answered {status} instead of {self._status}")
        self._is_whole = True


def run(address: tuple[str, int], requests: Sequence[bytes], status: int, seconds: float) -> Load:
    """Asks until the time is over, and waits for what was asked till then; one connection for each request."""
    with ExitStack() as stack:
        selector = stack.enter_context(DefaultSelector())
        clients = [Connection(address, request, status) for request in requests]
        for client in clients:
            stack.enter_context(client.socket)
            selector.register(client.socket, EVENT_READ, client)
        begun, worked = perf_counter(), process_time()
        for client in clients:
            client.ask()
        waited, size = _answers(selector, len(clients), begun + seconds)
        return Load(waited, perf_counter() - begun, process_time() - worked, size)


def _answers(selector: DefaultSelector, open_: int, end: float) -> tuple[list[float], int]:
    """How long each answer took, and the bytes of all."""
    waited, size = [], 0
    buffer = memoryview(bytearray(_BUFFER))
    while open_:
        for client in _ready(selector):
            size += client.receive(buffer)
            if not client.is_whole:
                continue
            now = perf_counter()
            waited.append(now - client.begun)
            if now < end:
                client.ask()
            else:
                open_ -= 1
    return waited, size


def _ready(selector: DefaultSelector) -> Iterator[Connection]:
    ready = selector.select(PATIENCE)
    if not ready:
        raise TimeoutError(f"nothing was answered for {PATIENCE:g} s")
    for key, _ in ready:
        yield key.data
