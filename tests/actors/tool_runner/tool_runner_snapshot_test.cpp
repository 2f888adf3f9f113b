#define CAF_SUITE tool_runner_snapshot
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_fixture.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace tool_runner_fixture;

// A home of its own, whose profile says on a named pipe that it was read: the sandbox keeps it from
// writing anything else. Where no sandbox can be made there are no snapshots; the scenarios that
// need one say so and check nothing.

namespace {

struct snapshot_fixture : fixture {
  snapshot_fixture() {
    home = root + "/home";
    std::filesystem::create_directory(home);
    const auto name = home + "/runs";
    if (::mkfifo(name.c_str(), 0600) != 0)
      CAF_FAIL("no pipe");
    runs = ::open(name.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    deps = default_dependencies();
    deps.environment = config::variables{
      {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", home}, {"SECRET", "s3cret"}};
  }

  ~snapshot_fixture() { ::close(runs); }

  void profile(const std::string& text) const {
    std::ofstream{home + "/.bash_profile", std::ios::binary} << "echo x >~/runs\n" << text;
  }

  /// How often a profile was read since the last question.
  std::size_t times_read() const {
    char block[4096];
    const auto count = ::read(runs, block, sizeof block);
    return count <= 0 ? 0 : static_cast<std::size_t>(std::count(block, block + count, 'x'));
  }

  std::string script(const std::string& text, const std::string& more = "") {
    if (!tools)
      start(deps);
    return output_of(run("shell_command", R"({"command":")" + text + "\"" + more + "}",
                         "c" + std::to_string(++calls)));
  }

  /// A command of zsh.
  std::string zsh(const std::string& text) {
    if (!tools)
      start(deps);
    return output_of(run("exec_command", R"({"shell":"/bin/zsh","cmd":")" + text + "\"}",
                         "z" + std::to_string(++calls)));
  }

  bool usable() {
    const auto before = context.sandbox_policy.mode;
    context.sandbox_policy.mode = sandbox_mode::read_only;
    const auto found = script("true", R"(,"login":false)");
    context.sandbox_policy.mode = before;
    if (!found.empty())
      CAF_MESSAGE("no sandbox here, no snapshots: " << found);
    return found.empty();
  }

  tool_runner::dependencies deps;
  std::string home;
  int runs = -1;
  int calls = 0;
};

} // namespace

BEGIN_FIXTURE_SCOPE(snapshot_fixture)

SCENARIO("many commands read the profile once and hear nothing of its noise") {
  profile("echo noise; echo noise >&2; export FROM_PROFILE='a b'; touch ~/made");
  if (!usable())
    return;
  for (int i = 0; i < 5; ++i)
    CHECK_EQ(script("echo [$FROM_PROFILE]"), "[a b]\n");
  CHECK_EQ(times_read(), 1u);
  CHECK(!std::filesystem::exists(home + "/made")); // it was read in the read-only sandbox
  const auto begun = events_of_type<exec_command_begin>();
  CHECK(begun.back().command ==
        (std::vector<std::string>{begun.back().command[0], "-lc", "echo [$FROM_PROFILE]"}));
}

SCENARIO("sandboxed commands and sessions have the snapshot too") {
  profile("export FROM_PROFILE=1; say() { echo said; }");
  if (!usable())
    return;
  context.sandbox_policy.mode = sandbox_mode::workspace_write;
  CHECK_EQ(script("echo $FROM_PROFILE; say"), "1\nsaid\n");
  const auto session = run("exec_command", R"({"cmd":"echo $FROM_PROFILE; say"})", "e1");
  CHECK_EQ(output_of(session), "1\nsaid\n");
  CHECK_EQ(times_read(), 1u);
}

SCENARIO("what a profile sets does not reach what runs outside of the sandbox") {
  // The loader of each process that has this complains once.
  profile("export LD_PRELOAD=/no/such/library.so FROM_PROFILE=1");
  if (!usable())
    return;
  context.sandbox_policy.mode = sandbox_mode::workspace_write;
  const auto text = script("echo $FROM_PROFILE");
  CHECK(text.find("1\n") != std::string::npos);
  const auto first = text.find("cannot be preloaded");
  CHECK(first != std::string::npos); // the shell's
  CHECK(text.find("cannot be preloaded", first + 1) == std::string::npos);
}

SCENARIO("functions, aliases, options, umask and own variables are as after a login") {
  profile("shopt -s expand_aliases extglob; umask 027; own=mine; alias hello='echo alias'\n"
          "inner() { echo \"$own $1\"; }; outer() { inner \"$1\"; }; export -f inner\n");
  if (!usable())
    return;
  CHECK_EQ(script("outer it"), "mine it\n");
  CHECK_EQ(script("hello you"), "alias you\n");
  CHECK_EQ(script("umask"), "0027\n");
  CHECK_EQ(script("shopt extglob | cut -f2"), "on\n");
  CHECK_EQ(script("own=x; bash -c 'inner it'"), " it\n");
  CHECK_EQ(script("exit 7; outer"), "");
  CHECK_EQ(times_read(), 1u);
}

SCENARIO("zsh has all of its profile from a snapshot as well") {
  if (!std::filesystem::exists("/bin/zsh")) {
    std::printf("skipped: tool_runner_snapshot: there is no /bin/zsh\n");
    return;
  }
  std::filesystem::create_directory(home + "/functions");
  std::ofstream{home + "/functions/lazy"} << "echo loaded $1";
  std::ofstream{home + "/.zprofile"} << R"(echo x >~/runs
echo noise; echo noise >&2; touch ~/made
export FROM_PROFILE='a b'; own=mine; list=(one 'two words'); typeset -A map; map=(key value)
setopt extendedglob; umask 027; path=(/opt/first $path)
alias hello='echo alias'; alias -g LAST='| tail -n 1'
inner() { echo "$own $1" }; outer() { inner "$1" }
fpath=(~/functions $fpath); autoload -Uz lazy
)";
  if (!usable())
    return;
  CHECK_EQ(zsh("echo $FROM_PROFILE"), "a b\n");
  CHECK_EQ(zsh("echo ${PATH%%:*}; umask; [[ -o extendedglob ]] && echo set"),
           "/opt/first\n027\nset\n");
  CHECK_EQ(zsh("outer it"), "mine it\n");
  CHECK_EQ(zsh("hello you"), "alias you\n");
  CHECK_EQ(zsh("print -l 1 2 LAST"), "2\n");
  CHECK_EQ(zsh("echo $#list $list[2] $map[key]"), "2 two words value\n");
  CHECK_EQ(zsh("lazy now"), "loaded now\n");
  CHECK_EQ(zsh("false; outer $?"), "mine 1\n");
  CHECK_EQ(times_read(), 1u);
  CHECK(!std::filesystem::exists(home + "/made"));
}

SCENARIO("the environment policy holds after the profile, and before it") {
  profile("export DROP_ME=1 SET_ME=profile COPY=\"$SECRET\"; DROP_TOO=2; KEPT=3");
  if (!usable())
    return;
  context.environment.exclude = {"DROP_*", "SECRET"};
  context.environment.set = {{"SET_ME", "policy"}};
  CHECK_EQ(script("echo [$DROP_ME][$SET_ME][$COPY][$SECRET]"), "[][policy][][]\n");
  CHECK_EQ(script("echo [$DROP_TOO][$KEPT]"), "[][3]\n");
}

SCENARIO("another starting environment has a snapshot of its own") {
  profile("export SEEN=\"seen $WHERE\"");
  if (!usable())
    return;
  for (const auto* where : {"a", "b", "a"}) {
    context.environment.set = {{"WHERE", where}};
    CHECK_EQ(script("echo $SEEN"), std::string{"seen "} + where + "\n");
  }
  CHECK_EQ(times_read(), 2u);
}

SCENARIO("a profile that changes is read again, and after a while in any case") {
  profile("export VERSION=1");
  if (!usable())
    return;
  CHECK_EQ(script("echo $VERSION"), "1\n");
  profile("export VERSION=two");
  CHECK_EQ(script("echo $VERSION"), "two\n");
  CHECK_EQ(script("echo $VERSION"), "two\n");
  CHECK_EQ(times_read(), 2u);
}

SCENARIO("a snapshot that is too old is made again") {
  profile("");
  deps.snapshots->max_age = {};
  if (!usable())
    return;
  script("true");
  script("true");
  CHECK_EQ(times_read(), 2u);
}

SCENARIO("first commands that come together share one reading of the profile") {
  profile("export FROM_PROFILE=1");
  if (!usable())
    return;
  constexpr int count = 20;
  for (int i = 0; i < count; ++i) {
    auto call = a_call("shell_command", R"({"command":"echo $FROM_PROFILE"})", "c");
    call.thread = new_thread_id();
    caf::anon_send(tools, std::move(call), caf::actor_cast<tool_listener_actor>(listener));
  }
  const auto ends = wait_for_events<exec_command_end>(1 + count); // and the one of `usable`
  for (std::size_t i = 1; i < ends.size(); ++i)
    CHECK_EQ(ends[i].aggregated_output, "1\n");
  CHECK_EQ(times_read(), 1u);
}

SCENARIO("where the profile ends the shell, the login shell does as before") {
  profile("exit 3");
  if (!usable())
    return;
  for (int i = 0; i < 3; ++i)
    CHECK_EQ(script("echo never"), "");
  CHECK_EQ(times_read(), 4u); // once for the snapshot, which is not tried again at once
  profile("export BACK=1");
  CHECK_EQ(script("echo $BACK"), "1\n");
  CHECK_EQ(times_read(), 1u);
}

SCENARIO("a profile that never ends delays one command, by its limit") {
  profile("while :; do :; done");
  deps.snapshots->making = std::chrono::milliseconds{300};
  if (!usable())
    return;
  for (int i = 0; i < 2; ++i)
    CHECK(script("echo never", R"(,"timeout_ms":1500)").starts_with("command timed out"));
  CHECK_EQ(times_read(), 3u);
}

SCENARIO("where a profile cannot be looked at, a command does not wait for that") {
  profile("export BACK=1");
  deps.snapshots->looking = std::chrono::milliseconds{20};
  struct disk {
    std::mutex mutex;
    bool hangs = true;
    std::vector<std::function<void()>> waiting;
  };
  const auto shared = std::make_shared<disk>();
  deps.post = [this, shared](std::function<void()> run) {
    const std::lock_guard lock{shared->mutex};
    if (shared->hangs)
      shared->waiting.push_back(std::move(run));
    else
      files.post(std::move(run));
  };
  CHECK_EQ(script("echo $BACK"), "1\n");
  CHECK_EQ(times_read(), 1u);
  const auto late = [&] {
    const std::lock_guard lock{shared->mutex};
    shared->hangs = false;
    return std::exchange(shared->waiting, {});
  }();
  for (const auto& run : late)
    run();
  CHECK_EQ(script("echo $BACK"), "1\n");
}

SCENARIO("without login nothing is read") {
  profile("export FROM_PROFILE=1");
  CHECK_EQ(script("echo [$FROM_PROFILE]", R"(,"login":false)"), "[]\n");
  CHECK_EQ(times_read(), 0u);
}

SCENARIO("switched off, every login shell is started") {
  profile("export FROM_PROFILE=1");
  deps.snapshots.reset();
  CHECK_EQ(script("echo $FROM_PROFILE"), "1\n");
  CHECK_EQ(script("echo $FROM_PROFILE"), "1\n");
  CHECK_EQ(times_read(), 2u);
}

END_FIXTURE_SCOPE()
