"""Two processes: nodes that follow each other's threads, over a link that is cut and comes back."""
import json
import select
import socket
import subprocess
import threading
import unittest

from provider import LIMIT_S, PROGRAM, ProgramTest


class Cutter:
    """A TCP forwarder on loopback whose connections can be cut, and which can refuse new ones."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.is_cut = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.is_cut:
                    inner.close()
                    continue
                try:
                    outer = socket.create_connection(("127.0.0.1", self.target_port))
                except OSError:
                    inner.close()
                    continue
                self.pairs += [inner, outer]
            for a, b in ((inner, outer), (outer, inner)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        with self.lock:
            self.is_cut = True
            for end in self.pairs:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
            self.pairs.clear()

    def restore(self):
        with self.lock:
            self.is_cut = False

    def close(self):
        self.listener.close()
        self.cut()


class Node:
    """A `troupe node` process: orders in, events out."""

    def __init__(self, test, name, *arguments):
        self.seen = []
        self.process = subprocess.Popen([PROGRAM, "node", "--name", name, "--offline", "plain", *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        cwd=test.work, env=test.environment())
        self.rest = b""
        test.addCleanup(self.close)

    def order(self, **x):
        self.process.stdin.write(json.dumps(x).encode() + b"\n")
        self.process.stdin.flush()

    def wait_for(self, what, since=0):
        """The first event, seen (from the `since`-th on) or to come, for which `what` holds."""
        at = since
        while True:
            for event in self.seen[at:]:
                at += 1
                if what(event):
                    return event
            ready, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
            data = self.process.stdout.read1() if ready else b""
            if not data:
                raise AssertionError(f"the event did not come; seen: {self.seen}")
            lines = (self.rest + data).split(b"\n")
            self.rest = lines.pop()
            self.seen += [json.loads(line) for line in lines]

    def created(self):
        return [event["thread_id"] for event in self.seen if event["type"] == "thread.created"]

    def start_thread(self, on):
        """Starts a thread and waits for the end of its first turn; its id."""
        since = len(self.seen)
        self.order(op="start", node=on, prompt="Say hello")
        end = self.wait_for(lambda event: event["type"] == "error" or (
            event["type"] == "event" and event["event"]["type"] == "task_complete"), since)
        if end["type"] == "error":
            raise AssertionError(end["message"])
        return end["thread_id"]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


class TwoProcesses(ProgramTest):
    def setUp(self):
        super().setUp()
        self.first = Node(self, "first")
        port = self.first.wait_for(lambda event: event["type"] == "node.started")["port"]
        self.cutter = Cutter(port)
        self.addCleanup(self.cutter.close)
        self.second = Node(self, "second", "--join", f"127.0.0.1:{self.cutter.port}")
        self.second.wait_for(lambda event: event["type"] == "node.started")

    def test_threads_are_seen_and_started_across_the_link_and_none_is_lost_in_a_cut(self):
        before = self.first.start_thread("first")
        self.second.wait_for(lambda event: event.get("thread_id") == before and event["type"] == "thread.created")

        remote = self.second.start_thread("first")
        self.first.wait_for(lambda event: event.get("thread_id") == remote and event["type"] == "thread.created")
        events = [event for event in self.second.seen
                  if event["type"] == "event" and event["thread_id"] == remote]
        self.assertEqual(events[0]["event"]["type"], "task_started")
        self.assertEqual([event["number"] for event in events], sorted(event["number"] for event in events))
        completed = [event["event"]["item"] for event in events if event["event"]["type"] == "item_completed"]
        self.assertIn("AgentMessage", [item["type"] for item in completed])

        self.cutter.cut()
        hidden = [self.first.start_thread("first") for _ in range(3)]
        self.cutter.restore()
        for thread in hidden:
            self.second.wait_for(lambda event, id=thread: event.get("thread_id") == id
                                 and event["type"] == "thread.created")
        after = self.first.start_thread("first")
        self.second.wait_for(lambda event: event.get("thread_id") == after and event["type"] == "thread.created")

        expected = [before, remote, *hidden, after]
        self.assertEqual(sorted(self.second.created()), sorted(expected), "each thread exactly once")
        again = self.second.start_thread("first")
        self.assertNotIn(again, expected, "the link serves again")

    def test_wrong_orders_are_answered_and_the_node_lives(self):
        for line in (b"not json\n", b'{"op":"dance"}\n', b'{"op":"start"}\n',
                     b'{"op":"submit","thread_id":"x","prompt":"y"}\n'):
            self.first.process.stdin.write(line)
        self.first.order(op="start", node="nobody", prompt="x")
        self.first.wait_for(lambda event: event["type"] == "error" and "no such node" in event["message"])
        self.assertEqual(len([event for event in self.first.seen if event["type"] == "error"]), 5)
        self.assertTrue(self.first.start_thread(""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
