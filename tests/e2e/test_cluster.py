"""Two processes: nodes that follow each other's threads, over a link that is cut and comes back."""
import json
import os
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

    def __init__(self, test, name, *arguments, **variables):
        self.seen = []
        self.process = subprocess.Popen([PROGRAM, "node", "--name", name, "--offline", "plain", *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        cwd=test.work, env={**test.environment(), **variables})
        self.rest = b""
        self.told = b""
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

    def wait_to_be_told(self, words):
        """The line on standard error that holds `words`."""
        while True:
            for line in self.told.decode().split("\n")[:-1]:
                if words in line:
                    return line
            ready, _, _ = select.select([self.process.stderr], [], [], LIMIT_S)
            data = self.process.stderr.read1() if ready else b""
            if not data:
                raise AssertionError(f"not told: {words}; but: {self.told.decode()}")
            self.told += data

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


class ClusterTest(ProgramTest):
    """Certificates of two nodes, made as users make them."""

    def setUp(self):
        super().setUp()
        self.ca = os.path.join(self.work, "ca")
        for arguments in (["init", self.ca], ["issue", self.ca, "first"], ["issue", self.ca, "second"]):
            self.cluster_ca(*arguments)

    def cluster_ca(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, "cluster", "ca", *arguments], capture_output=True, text=True,
                              timeout=LIMIT_S, env=self.environment())
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def credentials(self, name):
        return ["--credentials", os.path.join(self.ca, name)]

    def start_first(self, *arguments):
        node = Node(self, "first", "--listen", "127.0.0.1:0", *self.credentials("first"), *arguments)
        return node, node.wait_for(lambda event: event["type"] == "node.started")["port"]


class Strangers(ClusterTest):
    def refused(self, *arguments, code=1):
        done = subprocess.run([PROGRAM, "node", "--offline", "plain", *arguments], capture_output=True, text=True,
                              timeout=LIMIT_S, stdin=subprocess.DEVNULL, cwd=self.work, env=self.environment())
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_no_port_is_opened_unasked_and_none_without_certificates(self):
        alone = Node(self, "alone")
        self.assertNotIn("port", alone.wait_for(lambda event: event["type"] == "node.started"))
        sockets = [os.readlink(f"/proc/{alone.process.pid}/fd/{fd}")
                   for fd in os.listdir(f"/proc/{alone.process.pid}/fd")]
        inodes = {link[8:-1] for link in sockets if link.startswith("socket:[")}
        listening = set()
        for table in ("tcp", "tcp6"):
            with open(f"/proc/{alone.process.pid}/net/{table}") as lines:
                rows = [line.split() for line in list(lines)[1:]]
            listening |= {row[9] for row in rows if row[3] == "0A"}
        # The simulated model listens for this process; nodes do not.
        self.assertLessEqual(len(inodes & listening), 1)
        for arguments in (["--listen", "127.0.0.1:0"], ["--join", "127.0.0.1:1"]):
            message = self.refused(*arguments, code=2)
            self.assertIn("troupe cluster ca init", message)
            self.assertIn("troupe cluster ca issue", message)

    def test_what_is_wrong_with_the_files_is_said_in_one_line(self):
        first = os.path.join(self.ca, "first")
        key = os.path.join(first, "node.key")
        os.chmod(key, 0o644)
        self.assertEqual(self.refused("--credentials", first, "--listen", "127.0.0.1:0"),
                         f"Error: {key}: others may read or write this private key; chmod 600 {key}, "
                         "and issue a new one if somebody has\n")
        self.assertEqual(self.refused("--credentials", self.ca, "--listen", "127.0.0.1:0"),
                         f"Error: --credentials {self.ca}: this is the authority's folder, not a node's; "
                         f"a node's is in it, like {first}\n")

    def test_settings_of_what_members_may_do_are_looked_at(self):
        for setting, words in (('node.roots=["/nowhere/at/all"]', "[node] roots: /nowhere/at/all: No such file or directory"),
                               ('node.roots=["here"]', '"here" is no absolute path'),
                               ("node.max_threads=0", "`node.max_threads` is 0; it must be from 1 to 100000")):
            message = self.refused(*self.credentials("first"), "--listen", "127.0.0.1:0", "-c", setting)
            self.assertIn(words, message)
            self.assertNotIn("Error: Error", message)

    def test_a_certificate_that_ends_with_its_authority_says_so(self):
        self.assertRegex(self.cluster_ca("issue", self.ca, "third", "--days", "9999"),
                         r"It ends on \d{4}-\d\d-\d\d, with the authority, not after 9999 days\.")
        self.assertRegex(self.cluster_ca("issue", self.ca, "fourth"), r"It ends on \d{4}-\d\d-\d\d\. Start")

    def test_a_certificate_of_another_authority_is_named_at_both_ends(self):
        node, port = self.start_first()
        other = os.path.join(self.work, "other")
        self.cluster_ca("init", other)
        self.cluster_ca("issue", other, "second")
        stranger = Node(self, "second", "--join", f"first@127.0.0.1:{port}", "--credentials", os.path.join(other, "second"))
        self.assertIn("its certificate is of another authority than that in " + os.path.join(other, "second", "ca.pem"),
                      stranger.wait_to_be_told(f"peer 127.0.0.1:{port}"))
        node.wait_to_be_told("the peer at 127.0.0.1 was not let in: it does not accept this node's certificate, "
                             "which is of another authority than its own")

    def test_where_no_sandbox_can_be_set_up_that_is_told_at_the_start(self):
        node = Node(self, "alone", TROUPE_BWRAP="/bin/false")
        node.wait_to_be_told("Warning: no command of an agent can run here: ")

    def test_a_wrong_name_and_broken_files_are_refused_at_the_start(self):
        self.assertIn("the certificate is of node first",
                      self.refused("--name", "second", *self.credentials("first"), "--listen", "127.0.0.1:0", code=2))
        with open(os.path.join(self.ca, "first", "node.key"), "w") as key:
            key.write("no key")
        self.assertIn("node.key", self.refused(*self.credentials("first"), "--listen", "127.0.0.1:0"))

    def test_wrong_values_are_a_wrong_command_line(self):
        for words in (["--listen", "4711"], ["--join", "first@127.0.0.1"]):
            self.assertIn("Error: ", self.refused(*words, code=2))

    def test_authorities_and_keys_are_private_and_never_overwritten(self):
        for path, mode in (("", 0o700), ("ca.key", 0o600), ("first", 0o700), ("first/node.key", 0o600)):
            self.assertEqual(os.stat(os.path.join(self.ca, path)).st_mode & 0o777, mode, path)
        self.assertIn("not overwritten", self.cluster_ca("init", self.ca, code=1))
        self.assertIn("not overwritten", self.cluster_ca("issue", self.ca, "first", code=1))
        self.assertIn("no node's name", self.cluster_ca("issue", self.ca, "../x", code=2))
        self.assertIn("no cluster's name", self.cluster_ca("init", os.path.join(self.work, "new"), "--cluster", "a b", code=2))

    def test_strangers_and_vanished_files_do_not_end_a_node(self):
        node, port = self.start_first()
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
        for garbage in (bytes(32), b"\xff" * 32, b"\x00\x00\x00\x00\xff\xff\xff\xff" + bytes(24),
                        b"GET / HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.settimeout(LIMIT_S)
                stranger.sendall(garbage)
                try:
                    while stranger.recv(4096):
                        pass
                except ConnectionResetError:
                    pass
        for name in ("node.pem", "node.key", "ca.pem"):
            os.unlink(os.path.join(self.ca, "first", name))
        second = Node(self, "second", "--join", f"first@127.0.0.1:{port}", *self.credentials("second"))
        thread = node.start_thread("first")
        second.wait_for(lambda event: event.get("thread_id") == thread and event["type"] == "thread.created")
        for end in silent:
            end.close()

    def test_a_peer_gets_no_more_than_the_ceiling_allows(self):
        node, port = self.start_first()
        second = Node(self, "second", "--join", f"127.0.0.1:{port}", *self.credentials("second"),
                      "-c", 'sandbox_mode="danger-full-access"')
        before = node.start_thread("first")
        second.wait_for(lambda event: event.get("thread_id") == before and event["type"] == "thread.created")
        remote = second.start_thread("first")
        rollouts = [os.path.join(folder, name) for folder, _, names in os.walk(self.home)
                    for name in names if remote in name]
        self.assertEqual(len(rollouts), 1)
        with open(rollouts[0]) as lines:
            contexts = [line["payload"] for line in map(json.loads, lines) if line["type"] == "turn_context"]
        self.assertEqual([context["sandbox_policy"]["type"] for context in contexts], ["read-only"])
        self.assertEqual([context["approval_policy"] for context in contexts], ["never"])


class TwoProcesses(ClusterTest):
    def setUp(self):
        super().setUp()
        self.first, port = self.start_first()
        self.cutter = Cutter(port)
        self.addCleanup(self.cutter.close)
        self.second = Node(self, "second", "--join", f"first@127.0.0.1:{self.cutter.port}",
                           *self.credentials("second"))
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

    def test_peers_that_come_and_go_are_told_and_a_list_ends(self):
        def news(node, type, of, role):
            return node.wait_for(lambda event: event["type"] == type and event["node"] == of and event["role"] == role)

        news(self.second, "node.joined", "first", "followed")
        news(self.first, "node.joined", "second", "follower")
        self.first.order(op="list")
        end = self.first.wait_for(lambda event: event["type"] == "list.completed")
        self.assertEqual(end, {"type": "list.completed", "threads": 0, "followed": [], "followers": ["second"]})
        self.first.order(op="start", node="second", prompt="x")
        error = self.first.wait_for(lambda event: event["type"] == "error")
        self.assertIn("node second follows this one, but this one does not follow it", error["message"])
        self.second.order(op="start", node="third", prompt="x")
        error = self.second.wait_for(lambda event: event["type"] == "error")
        self.assertEqual(error["message"], "no such node: third; this one follows first")
        self.second.close()
        news(self.first, "node.left", "second", "follower")

    def test_the_other_end_is_told_that_a_followed_node_has_left(self):
        self.second.wait_for(lambda event: event["type"] == "node.joined")
        self.first.close()
        left = self.second.wait_for(lambda event: event["type"] == "node.left")
        self.assertEqual((left["node"], left["role"]), ("first", "followed"))

    def test_the_rest_of_a_line_that_is_too_long_is_no_order(self):
        inner = b'{"op":"start","prompt":"smuggled"}'
        self.first.process.stdin.write(b"y" * (8 << 20) + b" " * 400_000 + inner + b"\n")
        self.first.order(op="start", node="nobody", prompt="x")
        self.first.wait_for(lambda event: event["type"] == "error" and "no such node" in event["message"])
        self.assertEqual([event["type"] for event in self.first.seen if not event["type"].startswith("node.")], ["error"] * 2)

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
