"""A developer's profile that costs something, and turns that act: `exec` and `run` from the outside."""
import json
import os
import select
import signal
import unittest

from provider import ProgramTest, call, reply, shell, tool

# A named pipe is the one thing that a profile in the read-only sandbox can still write to.
PROFILE = """\
echo x >~/runs
echo "welcome, developer"
echo "your disk is nearly full" >&2
n=0; while [ $n -lt 20000 ]; do n=$((n+1)); done
export FROM_PROFILE=1
greet() { echo "greetings from $FROM_PROFILE"; }
touch ~/made-by-the-profile
"""
ZSH_PROFILE = """\
echo x >~/runs
echo "welcome, developer"
export FROM_PROFILE='a b'
own=mine; list=(one 'two words'); typeset -A map; map=(key value)
setopt extendedglob; umask 027; path=(/opt/first $path)
alias hello='echo alias'; alias -g LAST='| tail -n 1'
inner() { echo "$own $1" }; outer() { inner "$1" }
fpath=(~/functions $fpath); autoload -Uz lazy
touch ~/made-by-the-profile
"""
ZSH = {
    'echo "[$FROM_PROFILE]"': "[a b]\n",
    "echo ${PATH%%:*}; umask; [[ -o extendedglob ]] && echo set": "/opt/first\n027\nset\n",
    "outer it": "mine it\n",
    "hello 'you'": "alias you\n",
    "print -l 1 2 LAST": "2\n",
    "echo $#list $list[2] $map[key]": "2 two words value\n",
    "lazy now": "loaded now\n",
    "false; outer $?": "mine 1\n",
    "zsh -c 'echo $FROM_PROFILE,$own'": "a b,\n",
}
COMMANDS = 20


class Profile(ProgramTest):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.base / "runs")
        self.runs = os.open(self.base / "runs", os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.runs)
        (self.base / ".bash_profile").write_text(PROFILE)
        if "sandbox" in self.first_output("true"):
            self.skipTest("no sandbox can be set up here, so there are no snapshots of the shell")
        self.times_read()

    def first_output(self, command):
        provider = self.provider(tool(shell(command)), reply("ok"))
        self.exec_json(provider, "--sandbox", "read-only", "go")
        return provider.requests[1]["json"]["input"][-1]["output"]

    def times_read(self):
        try:
            return os.read(self.runs, 4096).count(b"x")
        except BlockingIOError:
            return 0

    def outputs(self, provider):
        told = [x["output"] for x in provider.requests[-1]["json"]["input"] if x["type"] == "function_call_output"]
        for x in told:
            self.assertIn("Output:\n", x)
        return [x.split("Output:\n", 1)[1] for x in told]

    def act(self, sandbox, config=()):
        calls = [shell(f"echo $FROM_PROFILE; greet; echo call {i}", f"call_{i}") for i in range(COMMANDS)]
        provider = self.provider(tool(*calls), reply("done"))
        code, _, error = self.exec_json(provider, "--sandbox", sandbox, *config, "go")
        self.assertEqual(code, 0, error)
        return self.outputs(provider)

    def test_a_turn_of_many_commands_reads_the_profile_once(self):
        for sandbox in ("workspace-write", "danger-full-access"):
            with self.subTest(sandbox):
                self.assertEqual(self.act(sandbox),
                                 [f"1\ngreetings from 1\ncall {i}\n" for i in range(COMMANDS)])
                self.assertEqual(self.times_read(), 1)
                self.assertFalse((self.base / "made-by-the-profile").exists())

    def test_switched_off_every_command_reads_it(self):
        outputs = self.act("workspace-write", ("-c", "tools.shell_snapshot=false"))
        self.assertIn("welcome, developer", outputs[0])
        self.assertEqual(self.times_read(), COMMANDS)

    def told(self, profile):
        (self.base / ".bash_profile").write_text(profile)
        provider = self.provider(*[tool(shell(f"echo {i}", f"call_{i}")) for i in range(3)], reply("ok"))
        _, _, error = self.exec_json(provider, "--sandbox", "read-only", "go")
        return [x for x in error.splitlines() if x.startswith("warning: the profile of ")]

    def test_a_profile_that_ends_the_shell_is_told_once(self):
        told = self.told("exit 3\n")
        self.assertEqual(len(told), 1, told)
        self.assertIn("exit code 3", told[0])

    def test_a_profile_that_can_be_read_once_is_not_told(self):
        self.assertEqual(self.told("export A=1\n"), [])

    def test_a_program_that_is_ended_meanwhile_accuses_no_profile(self):
        (self.base / ".bash_profile").write_text("echo x >~/runs; while :; do :; done\n")
        provider = self.provider(tool(shell("true")), reply("never"))
        process = self.start_program("exec", "--skip-git-repo-check", *self.configured(provider),
                                     "--sandbox", "read-only", "go")
        select.select([self.runs], [], [])
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate()
        self.assertEqual(process.returncode, 143, error)
        self.assertNotIn("profile", error)

    @unittest.skipUnless(os.path.exists("/bin/zsh"), "there is no /bin/zsh")
    def test_zsh_reads_its_profile_once_and_keeps_all_of_it(self):
        (self.base / ".zprofile").write_text(ZSH_PROFILE)
        (self.base / "functions").mkdir()
        (self.base / "functions" / "lazy").write_text("echo loaded $1\n")
        calls = [call("exec_command", {"cmd": x, "shell": "/bin/zsh"}, f"call_{i}") for i, x in enumerate(ZSH)]
        provider = self.provider(tool(*calls), reply("done"))
        code, _, error = self.exec_json(provider, "--sandbox", "workspace-write", "go")
        self.assertEqual(code, 0, error)
        self.assertEqual(dict(zip(ZSH, self.outputs(provider))), ZSH)
        self.assertEqual(self.times_read(), 1)
        self.assertFalse((self.base / "made-by-the-profile").exists())

    def test_many_threads_share_a_snapshot_and_their_commands_take_turns(self):
        tasks = 30
        provider = self.provider(*[tool(shell("echo $FROM_PROFILE; sleep 0.05"))] * tasks, reply("done"))
        (self.base / "tasks.jsonl").write_text(
            "".join(json.dumps({"id": f"t{i}", "prompt": "go"}) + "\n" for i in range(tasks)))
        ended = self.run_program("run", self.base / "tasks.jsonl", "--out", self.base / "out",
                                 *self.configured(provider), "-c", "tools.max_running=2")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.times_read(), 1)

    def test_a_bad_bound_is_refused_by_its_name(self):
        provider = self.provider(reply("ok"))
        code, _, error = self.exec_json(provider, "-c", "tools.max_running=0", "go")
        self.assertNotEqual(code, 0)
        self.assertIn("tools.max_running", error)


if __name__ == "__main__":
    unittest.main()
