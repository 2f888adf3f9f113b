#pragma once

#include "actors/tool_runner/tool_runner_actor.hpp"
#include "net/blocking_pool.hpp"
#include "net/io_pool.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

/// The tool runner with real processes: an actor system, I/O threads, a fresh folder, and a
/// listener that keeps the events of one thread. Everything waits for messages or for the end of a
/// pipe, never for a time.
namespace tool_runner_fixture {

using namespace troupe;

struct listener_state {
  tool_progress heard;
  static inline const char* name = "test-listener";
};

using listener_actor = tool_listener_actor::extend<caf::result<tool_progress>(caf::get_atom)>;

inline listener_actor::behavior_type listen(listener_actor::stateful_pointer<listener_state> self) {
  return {
    [self](tool_progress& x) {
      auto& events = self->state.heard.events;
      events.insert(events.end(), x.events.begin(), x.events.end());
      if (x.stage != call_stage::unchanged) {
        self->state.heard.call_id = x.call_id;
        self->state.heard.stage = x.stage;
      }
    },
    [self](caf::get_atom) { return self->state.heard; },
  };
}

struct test_config : caf::actor_system_config {
  test_config() {
    config_file_path = "";
    set("caf.scheduler.max-threads", 2);
  }
};

class fixture {
public:
  fixture() {
    // Not below /tmp, which is writable in every workspace.
    std::string name = "/var/tmp/troupe-tools-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      CAF_FAIL("no folder for the test");
    root = name;
    std::filesystem::create_directory(root + "/ws");
    context.cwd = root + "/ws";
    context.approval_policy = approval_policy::never;
    context.sandbox_policy.mode = sandbox_mode::danger_full_access;
    listener = sys.spawn(listen);
  }

  ~fixture() {
    caf::anon_send_exit(tools, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    if (tools)
      self->wait_for(tools); // it uses the I/O threads until its end
    io.stop();
    files.stop();
    std::filesystem::remove_all(root);
  }

  tool_runner::dependencies default_dependencies() {
    tool_runner::dependencies result;
    result.io = &io;
    result.post = [this](std::function<void()> run) { files.post(std::move(run)); };
    result.own_program = TROUPE_PATCH_PROGRAM;
    return result;
  }

  void start(tool_runner::dependencies deps) { tools = tool_runner::spawn(sys, std::move(deps)); }

  run_tool a_call(std::string name, std::string arguments, std::string id = "c1",
                  tool_payload payload = tool_payload::function) {
    if (!tools)
      start(default_dependencies());
    return {.thread = thread,
            .turn = "t1",
            .call_id = std::move(id),
            .payload = payload,
            .name = std::move(name),
            .arguments = std::move(arguments),
            .context = shared_value{context}};
  }

  /// Runs a call to its answer.
  tool_result run(run_tool call) {
    tool_result result;
    self
      ->request(tools, caf::infinite, std::move(call),
                caf::actor_cast<tool_listener_actor>(listener))
      .receive([&](tool_result& x) { result = std::move(x); },
               [&](const caf::error& x) { result.output = "error: " + to_string(x); });
    return result;
  }

  tool_result run(std::string name, std::string arguments, std::string id = "c1") {
    return run(a_call(std::move(name), std::move(arguments), std::move(id)));
  }

  /// Sends a call and does not wait for the answer.
  auto send(run_tool call) {
    return self->request(tools, caf::infinite, std::move(call),
                         caf::actor_cast<tool_listener_actor>(listener));
  }

  void cancel(std::string call_id = "") {
    caf::anon_send(tools, cancel_tools{thread, std::move(call_id)});
  }

  tool_progress heard() {
    tool_progress result;
    self->request(listener, caf::infinite, caf::get_atom_v)
      .receive([&](tool_progress& x) { result = std::move(x); },
               [](const caf::error& x) { CAF_FAIL("listener: " << x); });
    return result;
  }

  std::vector<event_msg> events() { return heard().events; }

  /// Waits until a call stands there.
  void wait_for_stage(const std::string& call_id, call_stage stage) {
    for (auto x = heard(); x.call_id != call_id || x.stage != stage;)
      x = heard();
  }

  template <class Event>
  std::vector<Event> events_of_type() {
    std::vector<Event> result;
    for (auto& x : events())
      if (auto* event = std::get_if<Event>(&x))
        result.push_back(std::move(*event));
    return result;
  }

  /// Waits until there are `count` events of a type: they come after the answer of their call.
  template <class Event>
  std::vector<Event> wait_for_events(std::size_t count) {
    auto result = events_of_type<Event>();
    while (result.size() < count)
      result = events_of_type<Event>();
    return result;
  }

  std::string path(const std::string& name) const { return context.cwd + "/" + name; }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream{path(name), std::ios::binary} << text;
  }

  std::string read(const std::string& name) const {
    std::ifstream in{path(name), std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return in ? text.str() : "(missing)";
  }

  std::string make_pipe(const std::string& name) const {
    if (::mkfifo(path(name).c_str(), 0600) != 0)
      CAF_FAIL("no pipe");
    return path(name);
  }

  /// Everything written to a named pipe until all writers are gone: the way to see that processes
  /// have started (it waits for the first writer) and ended.
  static std::string read_to_end(const std::string& pipe) {
    const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
    std::string result;
    char block[4096];
    for (ssize_t count; (count = ::read(fd, block, sizeof block)) > 0;)
      result.append(block, static_cast<std::size_t>(count));
    ::close(fd);
    return result;
  }

  struct limited {
    std::string told; ///< to a named pipe, until nobody has it open any more
    tool_result answer;
  };

  /// Runs a command that does not end by itself. On a busy machine its limit can be over before it
  /// has begun: then it is run again, with twice as much.
  limited run_into_limit(const std::string& command) {
    const auto pipe = make_pipe("held");
    const auto fd = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    limited result;
    for (int limit_ms = 200; result.told.empty(); limit_ms *= 2) {
      result.answer = run("shell_command", R"({"login":false,"command":")" + command +
                                             R"(","timeout_ms":)" + std::to_string(limit_ms) + "}");
      result.told = read_rest(fd);
    }
    ::close(fd);
    return result;
  }

  static std::string read_rest(int fd) {
    std::string result;
    char block[4096];
    for (pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
         ::poll(&wanted, 1, result.empty() ? 0 : -1) > 0;) {
      const auto count = ::read(fd, block, sizeof block);
      if (count <= 0)
        break;
      result.append(block, static_cast<std::size_t>(count));
    }
    return result;
  }

  test_config cfg;
  caf::actor_system sys{cfg};
  net::io_pool io{1};
  net::blocking_pool files;
  caf::scoped_actor self{sys};
  tool_runner_actor tools;
  listener_actor listener;
  std::string root;
  tool_context context;
  thread_id thread = new_thread_id();
};

/// The part of a tool's answer behind its head lines.
inline std::string output_of(const tool_result& x) {
  const std::string mark = "Output:\n";
  const auto at = x.output.find(mark);
  return at == std::string::npos ? x.output : x.output.substr(at + mark.size());
}

/// The session id that an answer of exec_command names; empty when the process has ended.
inline std::string session_of(const tool_result& x) {
  const std::string mark = "Process running with session ID ";
  const auto at = x.output.find(mark);
  if (at == std::string::npos)
    return "";
  const auto start = at + mark.size();
  return x.output.substr(start, x.output.find('\n', start) - start);
}

} // namespace tool_runner_fixture
