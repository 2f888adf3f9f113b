"""The load of the benchmark on an app-server: JSON-RPC over stdio (contract: app-server, sections 1, 2, 5, 6).

One thread, no locks. A message is only parsed when its text says that it may matter, so that the driver takes as
little as possible of the machine it measures on.
"""
import collections
import json
import os
import selectors
import subprocess
import time

import bench_process as bp

READ_BYTES = 1 << 18
REQUEST_LIMIT_SECONDS = 120
# Starts under way at once: a burst of them overflows the reference's queue.
START_WINDOW = 16
OVERLOADED = -32001
OVERLOAD_PAUSE_SECONDS = 0.05


class AppServer:
    """A connection to one app-server process. `call` and `wait` run the conversation."""

    def __init__(self, argv, *, env, cwd, log):
        self._log = log
        self.process = bp.spawn(argv, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self._input, self._output = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._unsent = bytearray()
        self._unread = b""
        self._next_id = 0
        self._answers = {}  # request id -> what to do with the answer
        self._later = collections.deque()  # (when, function) of requests that met an overloaded server
        self.on_turn_end = lambda thread_id, turn: None

    @property
    def pid(self):
        return self.process.pid

    def notify(self, method):
        self._send({"method": method})

    def request(self, method, params, on_result):
        """Sends a request; one that is refused by an overloaded server is sent again."""
        def on_answer(message):
            error = message.get("error")
            if error is None:
                return on_result(message["result"])
            if error.get("code") != OVERLOADED:
                raise bp.BenchError(f"{method}: {error.get('message')}")
            again = time.monotonic() + OVERLOAD_PAUSE_SECONDS
            return self._later.append((again, lambda: self.request(method, params, on_result)))

        request_id, self._next_id = self._next_id, self._next_id + 1
        self._answers[request_id] = on_answer
        self._send({"id": request_id, "method": method, "params": params})

    def call(self, method, params):
        """A request and its answer."""
        results = []
        self.request(method, params, results.append)
        self.wait(lambda: results, method)
        return results[0]

    def wait(self, is_done, what):
        """Keeps the conversation going until `is_done`; silence for too long is an error."""
        limit = time.monotonic() + REQUEST_LIMIT_SECONDS
        while not is_done():
            if self._pump():
                limit = time.monotonic() + REQUEST_LIMIT_SECONDS
            elif time.monotonic() > limit:
                raise bp.BenchError(f"{what}: the app-server says nothing any more (its stderr: {self._log.name})")

    def close(self):
        """End of input is how a client ends the server."""
        self._selector.close()
        self.process.stdin.close()
        try:
            self.process.wait(bp.STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        bp.stop(self.process)
        self.process.stdout.close()

    def _send(self, message):
        if not self._unsent:
            self._selector.register(self._input, selectors.EVENT_WRITE)
        self._unsent += json.dumps(message).encode() + b"\n"

    def _pump(self):
        """One round of reading and writing. Has anything been read?"""
        while self._later and self._later[0][0] <= time.monotonic():
            self._later.popleft()[1]()
        has_read = False
        for key, _ in self._selector.select(OVERLOAD_PAUSE_SECONDS):
            if key.fd == self._input:
                self._write()
            else:
                self._read()
                has_read = True
        return has_read

    def _write(self):
        del self._unsent[:os.write(self._input, self._unsent)]
        if not self._unsent:
            self._selector.unregister(self._input)

    def _read(self):
        chunk = os.read(self._output, READ_BYTES)
        if not chunk:
            raise bp.BenchError(f"the app-server has ended (its stderr: {self._log.name})")
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        for line in lines:
            if b'"turn/completed"' in line or b'"method":' not in line:
                self._on_message(json.loads(line))

    def _on_message(self, message):
        if message.get("method") == "turn/completed":
            self.on_turn_end(message["params"]["threadId"], message["params"]["turn"])
        elif "method" not in message and message.get("id") in self._answers:
            self._answers.pop(message["id"])(message)


class Load:
    """Plain turns on many threads of one app-server, all threads at once."""

    def __init__(self, server, workspace, prompt, settings=None):
        self._server, self._workspace, self._prompt = server, workspace, prompt
        self._settings = settings or {}  # of each thread
        self._left = {}  # thread id -> turns it has still to take
        self._busy = 0
        server.on_turn_end = self._on_turn_end

    def start_threads(self, count):
        """Ids of new threads."""
        threads, asked = [], 0

        def ask():
            nonlocal asked
            asked += 1
            self._server.request("thread/start", {"cwd": str(self._workspace)} | self._settings, on_started)

        def on_started(result):
            threads.append(result["thread"]["id"])
            if asked < count:
                ask()

        for _ in range(min(count, START_WINDOW)):
            ask()
        self._server.wait(lambda: len(threads) == count, "thread/start")
        return threads

    def run_turns(self, threads, turns):
        """Every thread takes `turns` turns, one after the other."""
        self._left = dict.fromkeys(threads, turns)
        self._busy = len(threads)
        for thread in threads:
            self._start_turn(thread)
        self._server.wait(lambda: self._busy == 0, "turn/completed")

    def _start_turn(self, thread):
        self._left[thread] -= 1
        params = {"threadId": thread, "input": [{"type": "text", "text": self._prompt}]}
        self._server.request("turn/start", params, lambda result: None)

    def _on_turn_end(self, thread, turn):
        if turn["status"] != "completed":
            raise bp.BenchError(f"a turn ended as {turn['status']}: {turn.get('error')}")
        if self._left[thread] > 0:
            self._start_turn(thread)
        else:
            self._busy -= 1


def connect(argv, *, env, cwd, log):
    """A server that has answered `initialize`, and how many milliseconds that took from before its start."""
    begin = time.monotonic()
    server = AppServer(argv, env=env, cwd=cwd, log=log)
    # Text deltas are left out, as by the subscriber of troupe_bench.
    server.call("initialize", {"clientInfo": {"name": "troupe_bench", "title": "Troupe benchmark", "version": "1"},
                               "capabilities": {"experimentalApi": False,
                                                "optOutNotificationMethods": ["item/agentMessage/delta"]}})
    start_ms = (time.monotonic() - begin) * 1000
    server.notify("initialized")
    return server, start_ms


def measure(server, workspace, *, threads, turns, prompt):
    """The phases of troupe_bench, with its names, on a connected server."""
    load = Load(server, workspace, prompt)
    load.run_turns(load.start_threads(1), 1)  # what all threads share
    idle_kb = bp.private_kb(server.pid)

    begin = time.monotonic()
    ids = load.start_threads(threads)
    start_seconds = time.monotonic() - begin

    load.run_turns(ids, 1)  # warm-up
    grown_kb = bp.private_kb(server.pid) - idle_kb

    cpu_before, disk_before = bp.cpu_ms(server.pid), bp.disk_bytes(server.pid)
    begin = time.monotonic()
    load.run_turns(ids, turns)
    seconds = time.monotonic() - begin
    count = threads * turns
    return {
        "threads": threads,
        "turns": count,
        "seconds": seconds,
        "turns_per_second": count / seconds,
        "cpu_ms_per_turn": (bp.cpu_ms(server.pid) - cpu_before) / count,
        "starts_per_second": threads / start_seconds,
        "disk_bytes_per_turn": (bp.disk_bytes(server.pid) - disk_before) / count,
        "private_kb_per_idle_thread": grown_kb / threads,
        "peak_rss_kb": bp.peak_rss_kb(server.pid),
    }
