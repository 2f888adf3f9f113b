#include "actors/tool_runner/sandbox_plan.hpp"

#include "actors/tool_runner/git_paths.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/steady_links.hpp"
#include "actors/tool_runner/tool_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <optional>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// A home with more entries than this shows the first ones only: each is a mount.
constexpr std::size_t max_home_entries = 64;
constexpr std::string_view login_files = "auth.json"; ///< and what its renewal makes beside it
constexpr std::string_view secrets_file = ".env";     ///< variables of the user's, mostly keys
constexpr std::string_view others_folders = "tmp"; ///< private ones of threads, see thread_folders
constexpr std::string_view slash_tmp = "/tmp";

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
  const auto equal = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), equal) !=
         text.end();
}

bool is_below(std::string_view path, std::string_view folder) {
  return path != folder && is_inside(path, folder);
}

/// Collects the mounts of one plan.
class planner {
public:
  planner(const sandbox_question& question, const path_view& files) : x_(question), files_(files) {
    result_.network = has_network(x_.policy) ? network_access::host : network_access::none;
  }

  std::variant<sandbox_plan, sandbox_problem> run() {
    add_tmp();
    for (const auto& root : x_.roots)
      if (is_allowed(root))
        add_root(root);
    for (const auto& path : x_.visible)
      if (is_below_own_tmp(path) && !is_in_root(path))
        add(path, mount_kind::read_only, path);
    sort();
    if (auto problem = protect_roots())
      return std::move(*problem);
    guard_results();
    seal_home();
    for (const auto& path : x_.hidden) {
      if (holds_working_folder(path))
        return sandbox_problem{
          fmt::format("Sandbox cannot hide {}: the working folder {} lies in it. Take it out of "
                      "`[sandbox] hidden`, or work elsewhere.",
                      path, x_.cwd),
          sandbox_problem::cause::folder};
      hide(path);
    }
    sort();
    return std::move(result_);
  }

private:
  bool has_own_tmp() const { return !x_.own_tmp.empty(); }

  bool is_below_own_tmp(std::string_view path) const {
    return has_own_tmp() &&
           (is_below(path, slash_tmp) || (!x_.tmpdir.empty() && is_below(path, x_.tmpdir)));
  }

  bool is_in_root(std::string_view path) const {
    return std::ranges::any_of(
      x_.roots, [&](const auto& root) { return is_inside(path, root.path) && is_allowed(root); });
  }

  /// Of the settings and results of this program nothing is ever writable, but for the workspace
  /// of the thread itself.
  bool is_allowed(const writable_root& root) const {
    if (has_own_tmp() && (root.path == slash_tmp || root.path == x_.tmpdir))
      return false;
    if (!x_.results.empty() && is_inside(root.path, x_.results))
      return root.path == x_.cwd && root.path != x_.results;
    return x_.home.empty() || !is_inside(root.path, x_.home);
  }

  void add(std::string path, mount_kind kind, std::string source = {}) {
    result_.mounts.push_back({std::move(path), kind, std::move(source)});
  }

  void add_root(const writable_root& root) {
    result_.roots.push_back(root);
    add(root.path, mount_kind::writable);
  }

  void add_tmp() {
    if (!has_own_tmp())
      return;
    const auto writes = x_.policy.mode == sandbox_mode::workspace_write;
    const auto show_at = [&](const std::string& path, bool is_excluded) {
      const auto kind = writes && !is_excluded ? mount_kind::writable : mount_kind::read_only;
      add(path, kind, x_.own_tmp);
      if (kind == mount_kind::writable)
        result_.roots.push_back({path, path});
    };
    if (files_.kind(std::string{slash_tmp}) == path_kind::folder)
      show_at(std::string{slash_tmp}, x_.policy.exclude_slash_tmp);
    if (!x_.tmpdir.empty() && !is_inside(x_.tmpdir, slash_tmp))
      show_at(x_.tmpdir, x_.policy.exclude_tmpdir_env_var);
  }

  /// By path, and where two are at one place the stricter one last.
  void sort() {
    std::ranges::stable_sort(result_.mounts, [](const auto& a, const auto& b) {
      return std::pair{std::string_view{a.path}, a.kind} <
             std::pair{std::string_view{b.path}, b.kind};
    });
  }

  /// Whether the machine's own files are seen at `path`, not a folder of the thread.
  bool shows_machine(std::string_view path) const {
    const auto* mount = mount_at(result_, path);
    return mount == nullptr || mount->source.empty() || mount->source == mount->path;
  }

  bool is_writable(std::string_view path) const { return is_writable_place(result_, path); }

  bool holds_root(std::string_view path) const {
    return std::ranges::any_of(result_.roots,
                               [&](const auto& root) { return is_inside(root.path, path); });
  }

  std::optional<sandbox_problem> protect_roots() {
    std::vector<sandbox_mount> guarded;
    const auto guard = [&](std::string path, mount_kind kind) {
      // Outside all roots it is read-only already; a root itself is what a `.git` may say.
      if (is_writable(path) && !holds_root(path))
        guarded.push_back({std::move(path), kind, {}});
    };
    for (const auto& root : result_.roots) {
      for (const auto* name : {".agents", ".codex", ".git"}) {
        const auto path = absolute_path(root.path, name);
        if (!is_writable(path))
          continue;
        const auto kind = files_.kind(path);
        if (files_.is_link(path)) {
          auto target = steady_target(path, result_, files_);
          if (!target || (kind == path_kind::missing && is_writable(*target)))
            return refused_link(root, path);
          result_.links.push_back({path, files_.link_text(path)});
          if (kind != path_kind::missing)
            guard(*std::move(target), mount_kind::read_only);
        } else {
          guard(path, files_.is_vacant(path) ? mount_kind::missing : mount_kind::read_only);
        }
        if (kind == path_kind::file)
          for (auto& folder : git_folders(path, files_))
            guard(std::move(folder), mount_kind::read_only);
      }
    }
    for (const auto& path : x_.repositories)
      guard(path, mount_kind::read_only);
    std::ranges::move(guarded, std::back_inserter(result_.mounts));
    sort();
    return std::nullopt;
  }

  static sandbox_problem refused_link(const writable_root& root, const std::string& path) {
    return {fmt::format("Sandbox refuses writable root {}: {} is a symbolic link, and commands "
                        "could change where it leads. Put a folder in its place, let it lead to "
                        "one directly in the root or outside of all, or choose another root.",
                        root.given, path),
            sandbox_problem::cause::folder};
  }

  void guard_results() {
    if (x_.results.empty() || !is_writable(x_.results))
      return;
    pin_way_to(x_.results);
    add(x_.results, mount_kind::read_only);
  }

  /// Whoever moves a folder above a cover moves the cover along, and what comes next at the old
  /// name is the agent's. What a mount lies on cannot be moved.
  void pin_way_to(const std::string& path) {
    for (auto folder = absolute_path(path, ".."); is_writable(folder);
         folder = absolute_path(folder, "..")) {
      if (mount_at(result_, folder)->path == folder)
        return;
      add(folder, mount_kind::writable);
    }
  }

  /// A cover over auth.json itself would go away with the file that a renewal of the login
  /// replaces: an empty folder takes the home's place, and all but the login is put back.
  void seal_home() {
    if (x_.home.empty() || !shows_machine(x_.home))
      return;
    pin_way_to(x_.home);
    sort();
    add(x_.home, mount_kind::sealed_folder);
    std::size_t shown = 0;
    for (const auto& name : files_.names_in(x_.home)) {
      const auto path = absolute_path(x_.home, name);
      if (name.starts_with(login_files) || name == secrets_file || name == others_folders ||
          files_.kind(path) == path_kind::missing)
        continue;
      if (++shown > max_home_entries)
        break;
      add(path, mount_kind::read_only, path);
    }
    hide(absolute_path(x_.home, login_files));
    hide(absolute_path(x_.home, secrets_file));
  }

  bool holds_working_folder(const std::string& path) const {
    const auto real = files_.resolved(path);
    return real && shows_machine(*real) && is_inside(x_.cwd, *real);
  }

  void hide(const std::string& path) {
    const auto real = files_.resolved(path);
    if (!real || !shows_machine(*real))
      return;
    if (!x_.home.empty() && (real->starts_with(absolute_path(x_.home, login_files)) ||
                             *real == absolute_path(x_.home, secrets_file)))
      return; // not put back
    pin_way_to(*real);
    const auto is_folder = files_.kind(*real) == path_kind::folder;
    add(*real, is_folder ? mount_kind::sealed_folder : mount_kind::sealed_file);
  }

  const sandbox_question& x_;
  const path_view& files_;
  sandbox_plan result_;
};

} // namespace

std::variant<sandbox_plan, sandbox_problem> plan_sandbox(const sandbox_question& x,
                                                         const path_view& files) {
  return planner{x, files}.run();
}

const sandbox_mount* mount_at(const sandbox_plan& plan, std::string_view path) {
  const sandbox_mount* result = nullptr;
  for (const auto& mount : plan.mounts)
    if (is_inside(path, mount.path) &&
        (result == nullptr || mount.path.size() >= result->path.size()))
      result = &mount;
  return result;
}

const sandbox_mount* mount_around(const sandbox_plan& plan, const sandbox_mount& inner) {
  const sandbox_mount* result = nullptr;
  for (const auto& x : plan.mounts)
    if (is_below(inner.path, x.path) && (result == nullptr || x.path.size() >= result->path.size()))
      result = &x;
  return result;
}

std::string real_path(const sandbox_plan& plan, std::string_view path) {
  for (const auto& root : plan.roots)
    if (is_inside(path, root.path))
      return std::string{path};
  for (const auto& root : plan.roots)
    if (is_inside(path, root.given))
      return absolute_path(root.path, path.substr(std::min(path.size(), root.given.size() + 1)));
  return std::string{path};
}

bool may_write(const sandbox_plan& plan, std::string_view path) {
  const auto real = real_path(plan, path);
  if (std::ranges::any_of(plan.links, [&](const auto& x) { return is_inside(real, x.path); }))
    return false;
  const auto* mount = mount_at(plan, real);
  return mount != nullptr && mount->kind == mount_kind::writable;
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
