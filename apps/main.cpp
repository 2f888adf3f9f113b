#include "actors/tool_runner/patch_apply.hpp"
#include "actors/tool_runner/root_mount.hpp"
#include "apps/cluster/cluster_command.hpp"
#include "apps/common/command_line.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/log_level_check.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/own_environment.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/standard_streams.hpp"
#include "apps/common/stop_signals.hpp"
#include "apps/common/version.hpp"
#include "apps/exec/exec_command.hpp"
#include "apps/login/login_command.hpp"
#include "apps/models/models_command.hpp"
#include "apps/node/node_command.hpp"
#include "apps/run/run_command.hpp"
#include "apps/sim/sim_command.hpp"
#include "apps/threads/threads_command.hpp"
#include "config/thread_limit.hpp"
#include "net/guardian/guardian.hpp"
#include "net/read_only_cover.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using namespace troupe;

constexpr const char* description =
  R"(Troupe runs agent threads that work like Codex: one from the shell, or thousands at once.)";

constexpr const char* footer = R"(
First steps, without a key and without a network:
  troupe exec --offline --skip-git-repo-check "say hello"
  troupe run tasks.jsonl --offline

With a model: store an API key (troupe login --help), or use an existing Codex login. Settings,
logins and threads are those of Codex, in ~/.codex or where CODEX_HOME points.
)";

/// Of the whole program: ended, and waited for, however the program ends by itself, at `exit` and
/// at `quick_exit`. Whoever starts it must not find tools, or a dead guardian, left by it.
std::unique_ptr<net::guardian> keeper;

/// How a signal ends a command that runs for long before it has begun (README, exit codes); null
/// for the other commands, which signals end by themselves. Other words that look like a command
/// cost nothing but a thread.
common::exit_code_function early_exit_code(std::span<char*> arguments) {
  for (const std::string_view word : arguments.subspan(1)) {
    if (word == "exec" || word == "e")
      return exec::exit_code_after;
    if (word == "run")
      return common::exit_code_of_signal;
    if (word == "node" || word == "sim")
      return [](int) { return common::exit_ok; };
  }
  return nullptr;
}

/// Forked before anything else is there: it stays small, and no thread can be in the middle of
/// something. A word of the command line that only looks like one of those commands costs a process
/// that idles.
std::unique_ptr<net::guardian> start_guardian(std::span<char*> arguments) {
  const std::array<std::string_view, 4> commands_with_tools{"exec", "e", "run", "node"};
  const bool is_wanted = std::ranges::any_of(arguments.subspan(1), [&](std::string_view word) {
    return std::ranges::find(commands_with_tools, word) != commands_with_tools.end();
  });
  if (!is_wanted)
    return nullptr;
  auto started = net::guardian::start(arguments);
  if (!started)
    common::output_channel{STDERR_FILENO}.write(fmt::format(
      "Warning: the guardian process cannot be started ({}): commands are not bounded, and "
      "those that leave their process group outlive this program.\n",
      std::strerror(errno)));
  return started;
}

int run_program(int argc, char** argv) {
  common::output_channel{STDERR_FILENO}.write(common::unknown_log_level(std::getenv("TROUPE_LOG")));
  CLI::App app{description, "troupe"};
  common::use_help_format(app);
  app.footer(footer);
  app.set_version_flag("-V,--version", fmt::format("troupe {}", common::program_version()));
  app.require_subcommand(1);
  common::override_options overrides; // read back through the app: see common::given_overrides
  common::add_override_options(app, overrides);
  std::function<int()> selected;
  exec::add_command(app, selected, keeper.get());
  run::add_command(app, selected, keeper.get());
  sim::add_command(app, selected);
  threads::add_command(app, selected);
  models::add_command(app, selected);
  node_app::add_command(app, selected, keeper.get());
  cluster_app::add_command(app, selected);
  login_app::add_commands(app, selected);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto report = common::report_parse(app, error);
    common::output_channel{STDERR_FILENO}.write(report.standard_error);
    return std::max(report.exit_code, common::print(report.standard_output));
  }
  return selected();
}

int run_or_tell(int argc, char** argv, common::exit_code_function exit_code) {
  try {
    if (exit_code != nullptr)
      common::take_stop_signals(exit_code);
    return run_program(argc, argv);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) // no thread, see net::io_pool
      config::end_without_threads(error.code().value());
    common::output_channel{STDERR_FILENO}.write(fmt::format("Error: {}\n", error.what()));
    return common::exit_failed;
  } catch (const std::exception& error) { // a bug, or no memory left
    common::output_channel{STDERR_FILENO}.write(fmt::format("Error: {}\n", error.what()));
    return common::exit_failed;
  }
}

} // namespace

int main(int argc, char** argv) {
  common::hide_environment();
  common::open_standard_streams();
  common::ignore_broken_pipes();
  common::ignore_file_size_signals();
  // Tools call this program with that word to apply a patch inside their sandbox: nothing else may
  // start there.
  if (argc > 1 && argv[1] == tool_runner::apply_patch_argument) {
    const std::vector<std::string> arguments(argv + 2, argv + argc);
    return tool_runner::run_apply_patch(arguments);
  }
  if (argc > 1 && argv[1] == tool_runner::root_mount_argument) {
    const std::vector<std::string> command(argv + 2, argv + argc);
    return tool_runner::run_with_root_mount(command, net::cover_read_only);
  }
  const std::span arguments{argv, static_cast<std::size_t>(argc)};
  const auto exit_code = early_exit_code(arguments);
  if (exit_code != nullptr)
    common::hold_stop_signals();
  keeper = start_guardian(arguments);
  std::at_quick_exit([] { keeper.reset(); });
  common::raise_descriptor_limit();
  const int result = run_or_tell(argc, argv, exit_code);
  common::keep_result(result);
  return result;
}
