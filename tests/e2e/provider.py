"""A scripted Responses API provider on loopback, and a runner for the program under test."""
import ctypes
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROGRAM = os.environ["TROUPE_PROGRAM"]
# A test that hangs is a failure; nothing here takes a fraction of this.
LIMIT_S = 120


def created():
    return {"type": "response.created", "response": {"id": "resp_1"}}


def message(text):
    return {"type": "response.output_item.done",
            "item": {"type": "message", "role": "assistant", "id": "msg_1",
                     "content": [{"type": "output_text", "text": text}]}}


def call(name, arguments, call_id="call_1"):
    return {"type": "response.output_item.done",
            "item": {"type": "function_call", "name": name, "call_id": call_id, "arguments": json.dumps(arguments)}}


def patch(text, call_id="call_1"):
    return {"type": "response.output_item.done",
            "item": {"type": "custom_tool_call", "name": "apply_patch", "call_id": call_id, "input": text}}


def shell(cmd, call_id="call_1"):
    return call("exec_command", {"cmd": cmd}, call_id)


def completed():
    return {"type": "response.completed",
            "response": {"id": "resp_1",
                         "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 20},
                                   "output_tokens": 10, "output_tokens_details": {"reasoning_tokens": 5},
                                   "total_tokens": 110}}}


def failed(code, text):
    return {"type": "response.failed", "response": {"id": "r", "error": {"code": code, "message": text}}}


def stream(*events):
    return {"events": events}


def reply(text):
    return stream(created(), message(text), completed())


def tool(*calls):
    return stream(created(), *calls, completed())


def status(code, body, headers=()):
    return {"status": code, "body": body, "headers": dict(headers)}


CUT = {"events": (created(), {"type": "response.output_text.delta", "delta": "half"}), "cut": True}
RESET = {"reset": True}
STALL = {"events": (created(),), "stall": True}
GARBAGE = {"raw": b"\xff\xfe not an event stream \x00\x01\n\n"}


def zstd_decoded(body):
    """By the library that the program itself needs."""
    out = ctypes.create_string_buffer(64 * 1024 * 1024)
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    size = zstd.ZSTD_decompress(out, ctypes.c_size_t(len(out)), body, ctypes.c_size_t(len(body)))
    if size > len(out):  # how the library says that it cannot
        raise ValueError("not a zstd frame")
    return out.raw[:size]


class Provider:
    """Answers the n-th request with the n-th answer, later ones with the last.

    A GET is answered with the entry of its path in `pages` (a `status`), without one with 404, and is not among the requests.
    Beside what the functions above make, an answer may have `headers` (of a stream, too), `before` (called when its request has
    come) and `forever` (bytes that follow a stream's events again and again until the client leaves)."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.pages = {}
        self.arrived = threading.Condition()
        self.stop = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                provider.send_status(self, provider.pages.get(self.path.partition("?")[0], status(404, "no such page")))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "zstd":
                    body = zstd_decoded(body)
                provider.answer(self, json.loads(body))

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that goes away in mid-stream is part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler, body):
        with self.arrived:
            self.requests.append({"json": body, "headers": dict(handler.headers), "path": handler.path})
            answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
            self.arrived.notify_all()
        answer.get("before", lambda: None)()
        if answer.get("reset"):
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.close()
            return
        if "status" in answer:
            self.send_status(handler, answer)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        for name, value in answer.get("headers", {}).items():
            handler.send_header(name, value)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for event in answer.get("events", ()):
            self.chunk(handler, f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        if "raw" in answer:
            self.chunk(handler, answer["raw"])
        while "forever" in answer and not self.stop.wait(0.02):
            self.chunk(handler, answer["forever"])
        if answer.get("stall"):
            self.stop.wait(LIMIT_S)
        if answer.get("cut") or answer.get("stall"):
            handler.close_connection = True
            handler.connection.close()
            return
        handler.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def send_status(handler, answer):
        text = answer["body"].encode()
        handler.send_response(answer["status"])
        for name, value in {**answer["headers"], "Content-Length": str(len(text))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)

    @staticmethod
    def chunk(handler, data):
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()

    def wait_for(self, count):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.requests) >= count, LIMIT_S):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came")

    def close(self):
        self.stop.set()
        self.server.shutdown()
        self.server.server_close()


def sandbox_problem():
    """What the program misses for a sandbox on this machine; None: nothing. Found out once."""
    if not hasattr(sandbox_problem, "known"):
        base = tempfile.mkdtemp(prefix="troupe-e2e-")
        provider = Provider(tool(shell("echo it works")), reply("ok"))
        try:
            settings = {"model_provider": "mock", "model_providers.mock.name": "mock",
                        "model_providers.mock.base_url": provider.url, "model_providers.mock.request_max_retries": 0}
            options = [word for key, value in settings.items() for word in ("-c", f"{key}={json.dumps(value)}")]
            subprocess.run([PROGRAM, "exec", "--skip-git-repo-check", *options, "go"], stdin=subprocess.DEVNULL, cwd=base,
                           capture_output=True, timeout=LIMIT_S,
                           env={"PATH": os.environ["PATH"], "HOME": base, "LANG": "C.UTF-8"})
            output = provider.requests[1]["json"]["input"][-1]["output"] if len(provider.requests) > 1 else "no turn"
            sandbox_problem.known = None if "it works" in output else output.strip().splitlines()[0]
        finally:
            provider.close()
            shutil.rmtree(base, ignore_errors=True)
    return sandbox_problem.known


def needs_sandbox(test):
    """Skips a test by name, with the reason, where no sandbox can be set up; with TROUPE_REQUIRE_SANDBOX=1 it fails."""

    @functools.wraps(test)
    def checked(self, *arguments):
        problem = sandbox_problem()
        if problem and os.environ.get("TROUPE_REQUIRE_SANDBOX") == "1":
            self.fail(f"TROUPE_REQUIRE_SANDBOX=1, but: {problem}")
        if problem:
            print(f"\nskipped: {self.id()}: {problem}", file=sys.stderr, flush=True)
            self.skipTest(problem)
        return test(self, *arguments)

    return checked


class ProgramTest(unittest.TestCase):
    """Each test has a home, a workspace and as many providers as it wants."""

    below = None  # the folder for that; None: the usual one for temporary files

    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="troupe-e2e-", dir=self.below))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.home = self.base / "home"
        self.work = self.base / "work"
        self.home.mkdir()
        self.work.mkdir()

    def provider(self, *answers):
        result = Provider(*answers)
        self.addCleanup(result.close)
        return result

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": str(self.base), "CODEX_HOME": str(self.home),
                "LANG": "C.UTF-8", **more}

    def configured(self, provider, **keys):
        """-c options that make `provider` the one to use; retries are few unless said otherwise."""
        settings = {"request_max_retries": 0, "stream_max_retries": 1, **keys}
        options = ["-c", 'model_provider="mock"', "-c", 'model_providers.mock.name="mock"',
                   "-c", f'model_providers.mock.base_url="{provider.url}"']
        for key, value in settings.items():
            options += ["-c", f"model_providers.mock.{key}={json.dumps(value)}"]
        return options

    def run_program(self, *arguments, stdin="", cwd=None, **environment):
        return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              cwd=cwd or self.work, env=self.environment(**environment), timeout=LIMIT_S)

    def start_program(self, *arguments, **environment):
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.work,
                                   env=self.environment(**environment))
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def exec_json(self, provider, *arguments, stdin="", config=None):
        """Runs `exec --json` and gives back (exit code, events, stderr)."""
        result = self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider, **(config or {})),
                                  *arguments, stdin=stdin)
        return result.returncode, [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    def rollouts(self):
        return sorted((self.home / "sessions").rglob("rollout-*.jsonl"))

    def wait_for_line(self, kind):
        """Until a line of that payload type is in the rollout: a request may overtake the writing of what it carries."""
        (path,) = self.rollouts()
        end = time.monotonic() + LIMIT_S
        while f'"type":"{kind}"' not in path.read_text():
            if time.monotonic() > end:
                raise TimeoutError(f"no {kind} line in {path}")
            time.sleep(0.01)

    def rollout_lines(self):
        (path,) = self.rollouts()
        return [json.loads(line) for line in path.read_text().splitlines()]


def interrupt(process):
    process.send_signal(signal.SIGINT)
