#include "actors/tool_runner/sandbox_plan.hpp"

#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/tool_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <set>

namespace troupe::tool_runner {

namespace {

/// The folder that a `.git` file points to: text behind the first colon, relative to the root.
std::optional<std::string> repository_of(const std::string& git_file, const std::string& root,
                                         const path_view& files) {
  const auto line = files.first_line(git_file);
  const auto colon = line.find(':');
  if (colon == std::string::npos)
    return std::nullopt;
  const auto start = line.find_first_not_of(" \t", colon + 1);
  if (start == std::string::npos)
    return std::nullopt;
  const auto end = line.find_last_not_of(" \t\r");
  return files.resolved(absolute_path(root, line.substr(start, end - start + 1)));
}

std::vector<std::string> protected_below(const std::string& root, const path_view& files) {
  std::vector<std::string> result;
  const auto add = [&](const std::string& path) {
    if (auto real = files.resolved(path))
      result.push_back(std::move(*real));
  };
  const auto git = absolute_path(root, ".git");
  const auto git_kind = files.kind(git);
  if (git_kind == path_kind::folder || git_kind == path_kind::file)
    add(git);
  if (git_kind == path_kind::file)
    if (auto repository = repository_of(git, root, files))
      result.push_back(std::move(*repository));
  for (const auto* name : {".agents", ".codex"})
    if (files.kind(absolute_path(root, name)) == path_kind::folder)
      add(absolute_path(root, name));
  return result;
}

bool is_inside_any(std::string_view path, const std::vector<writable_root>& roots) {
  return std::any_of(roots.begin(), roots.end(),
                     [&](const auto& root) { return is_inside(path, root.path); });
}

void append(std::vector<std::string>& to, std::initializer_list<std::string_view> words) {
  to.insert(to.end(), words.begin(), words.end());
}

/// A bind mount of bubblewrap takes the device property away: without these, programs could neither
/// discard output nor get random numbers.
constexpr auto devices =
  std::to_array<std::string_view>({"/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"});

/// Root keeps what it needs to work on files of others. Everything else goes: with CAP_SYS_ADMIN it
/// could simply remount the sandbox writable.
void append_privileges(std::vector<std::string>& argv, bubblewrap_abilities::privilege runs_as) {
  using enum bubblewrap_abilities::privilege;
  if (runs_as == root_in_user_namespace)
    append(argv, {"--unshare-user"});
  if (runs_as != user)
    append(argv, {"--cap-drop", "ALL", "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_FOWNER",
                  "--cap-add", "CAP_CHOWN"});
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
  const auto equal = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), equal) !=
         text.end();
}

} // namespace

std::variant<sandbox_plan, sandbox_problem> plan_sandbox(const sandbox_policy& policy,
                                                         std::span<const std::string> roots,
                                                         const path_view& files) {
  sandbox_plan result;
  result.network = has_network(policy) ? network_access::host : network_access::none;
  for (const auto& root : roots) {
    auto real = files.resolved(root);
    if (!real)
      return sandbox_problem{
        fmt::format("Sandbox expected writable root {}, but it does not exist.", root)};
    auto guarded = protected_below(*real, files);
    result.roots.push_back({root, std::move(*real), std::move(guarded)});
  }
  return result;
}

bool may_write(const sandbox_plan& plan, std::string_view path) {
  const auto is_protected = [&](std::string_view real) {
    return std::any_of(plan.roots.begin(), plan.roots.end(), [&](const auto& root) {
      return std::any_of(root.protected_paths.begin(), root.protected_paths.end(),
                         [&](const auto& x) { return is_inside(real, x); });
    });
  };
  return std::any_of(plan.roots.begin(), plan.roots.end(), [&](const auto& root) {
    if (is_inside(path, root.path))
      return !is_protected(path);
    if (!is_inside(path, root.given))
      return false;
    const auto below = path.substr(std::min(path.size(), root.given.size() + 1));
    return !is_protected(absolute_path(root.path, below));
  });
}

std::vector<std::string> bubblewrap_argv(const sandbox_plan& plan,
                                         const bubblewrap_abilities& abilities,
                                         const std::string& cwd,
                                         std::span<const std::string> command) {
  std::vector<std::string> argv{abilities.program};
  append(argv, {"--new-session", "--die-with-parent", "--ro-bind", "/", "/"});
  std::set<std::string> guarded;
  for (const auto& root : plan.roots) {
    append(argv, {"--bind", root.path, root.path});
    // Outside all roots it is read-only already.
    for (const auto& path : root.protected_paths)
      if (is_inside_any(path, plan.roots))
        guarded.insert(path);
  }
  for (const auto& path : guarded)
    append(argv, {"--ro-bind", path, path});
  append(argv, {"--dev-bind", "/dev/null", "/dev/null"});
  for (const auto device : devices)
    append(argv, {"--dev-bind-try", device, device});
  append(argv, {"--unshare-pid"});
  if (abilities.own_proc)
    append(argv, {"--proc", "/proc"});
  if (plan.network == network_access::none) {
    if (abilities.own_network)
      append(argv, {"--unshare-net"});
    append(argv, {"--seccomp", fmt::format("{}", seccomp_descriptor)});
  }
  append_privileges(argv, abilities.runs_as);
  append(argv, {"--chdir", cwd, "--"});
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

std::optional<bubblewrap_abilities> reduced_abilities(const bubblewrap_abilities& tried,
                                                      std::string_view error_text) {
  using enum bubblewrap_abilities::privilege;
  auto result = tried;
  const auto says = [&](std::string_view words) {
    return contains_ignoring_case(error_text, words);
  };
  if (tried.own_proc && says("mount proc")) {
    result.own_proc = false;
    return result;
  }
  // The seccomp program alone keeps the network off then.
  if (tried.own_network && (says("loopback") || says("rtm_new") || says("network namespace"))) {
    result.own_network = false;
    return result;
  }
  if (tried.runs_as == root && says("namespace")) {
    result.runs_as = root_in_user_namespace;
    return result;
  }
  return std::nullopt;
}

bool is_sandbox_denial(std::int32_t exit_code, std::string_view output) {
  constexpr auto traces = std::to_array<std::string_view>(
    {"operation not permitted", "permission denied", "read-only file system", "seccomp", "sandbox",
     "landlock", "failed to write file"});
  if (exit_code == 0)
    return false;
  if (std::any_of(traces.begin(), traces.end(),
                  [&](std::string_view x) { return contains_ignoring_case(output, x); }))
    return true;
  return exit_code == 128 + SIGSYS;
}

} // namespace troupe::tool_runner
