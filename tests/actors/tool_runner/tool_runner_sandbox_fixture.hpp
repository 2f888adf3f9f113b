#pragma once

#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"
#include "tests/actors/tool_runner/tool_runner_fixture.hpp"
#include "tests/support/skipped.hpp"

#include <fmt/format.h>

#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// A tool runner whose calls run in the sandbox, with a bubblewrap of the test's own where it wants
/// one. Where bubblewrap does not work (a container without user namespaces) scenarios are skipped
/// and say so; those about a missing sandbox work everywhere.
namespace tool_runner_fixture {

struct sandbox_fixture : fixture {
  sandbox_fixture() { context.sandbox_policy.mode = sandbox_mode::workspace_write; }

  bool usable(std::source_location where = std::source_location::current()) {
    const auto trial = script("true", "trial");
    if (!trial.success)
      test::skipped(trial.output, where);
    return trial.success;
  }

  /// What a start needs to find a bubblewrap that does this. Again: replaces it.
  tool_runner::dependencies with_bubblewrap(const std::string& shell_text) {
    std::filesystem::create_directory(root + "/bin");
    const auto fake = root + "/bin/bwrap";
    std::ofstream{fake} << "#!/bin/sh\n" << shell_text << '\n';
    std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
    auto result = default_dependencies();
    result.environment = config::variables{{"PATH", "/usr/bin:/bin"}, {"TROUPE_BWRAP", fake}};
    return result;
  }

  /// For `with_bubblewrap`: what follows "--" runs.
  static constexpr auto run_without_sandbox =
    R"(while [ "$1" != -- ]; do shift; done; shift; exec "$@")";

  /// Likewise: as the system's own does.
  static constexpr auto run_bubblewrap = R"(exec /usr/bin/bwrap "$@")";

  tool_result script(const std::string& text, std::string id = "c1") {
    return run("shell_command", R"({"login":false,"command":")" + text + "\"}", std::move(id));
  }

  /// For `with_bubblewrap`: notes in `root`/checks each time that covers are to be checked.
  std::string note_checks() const {
    return "case \" $* \" in *' --block-fd '*) echo x >>" + root + "/checks ;; esac; " +
           run_bubblewrap;
  }

  void use(sandbox_mode mode) { context.sandbox_policy.mode = mode; }
};

} // namespace tool_runner_fixture
