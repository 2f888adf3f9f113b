#include "actors/tool_runner/sandbox_survey.hpp"

#include "actors/tool_runner/careful_open.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/root_identities.hpp"
#include "config/config.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Empty when there is none.
std::string resolved_or_empty(const std::string& path) {
  return path.empty() ? path : disk_paths{}.resolved(path).value_or("");
}

std::vector<repository_list::file_id> ids_of(const std::vector<std::string>& paths) {
  std::vector<repository_list::file_id> result;
  for (const auto& path : paths) {
    struct stat found {};
    const auto exists = ::lstat(path.c_str(), &found) == 0;
    result.push_back(exists ? repository_list::file_id{found.st_dev, found.st_ino}
                            : repository_list::file_id{});
  }
  return result;
}

class surveyor {
public:
  surveyor(const sandbox_setup& setup, const survey_order& order)
    : setup_(setup), order_(order),
      memory_(order.memory ? std::make_shared<thread_memory>(*order.memory)
                           : std::make_shared<thread_memory>()) {}

  survey run() {
    note_appeared();
    fill_question();
    const auto tmp = has_own_tmp() ? config::tmp_folder::own : config::tmp_folder::shared;
    for (const auto& given : root_names(setup_, order_.policy, order_.cwd, tmp))
      if (auto problem = add_root(given))
        return finish(std::move(*problem));
    if (auto problem = missing_cover())
      return finish(of_folder(std::move(*problem)));
    if (auto problem = add_repositories())
      return finish(of_folder(std::move(*problem)));
    return finish(plan_sandbox(question_, disk_paths{}));
  }

private:
  bool has_own_tmp() const { return !order_.own_tmp.empty(); }

  /// What is to be hidden may appear later than the program has started.
  void note_appeared() {
    covers_ = setup_.covers;
    if (order_.appeared)
      appeared_ = *order_.appeared;
    covers_.insert(covers_.end(), appeared_.begin(), appeared_.end());
    for (const auto& path : setup_.hidden)
      if (std::ranges::find(covers_, path, &covered_place::given) == covers_.end())
        if (auto place = note_place(path)) {
          covers_.push_back(*place);
          appeared_.push_back(*std::move(place));
        }
  }

  void fill_question() {
    question_.policy = order_.policy;
    question_.home = covered_path(setup_.home);
    question_.results = covered_path(setup_.results);
    question_.hidden = setup_.hidden;
    for (const auto& path : setup_.hidden)
      if (auto was = covered_path(path); was != path && was != resolved_or_empty(path))
        question_.hidden.push_back(std::move(was));
    question_.own_tmp = order_.own_tmp;
    const auto known = find_identity(*order_.known, order_.cwd);
    question_.cwd = known != nullptr ? known->path : resolved_or_empty(order_.cwd);
    if (!has_own_tmp())
      return;
    question_.tmpdir = resolved_or_empty(setup_.tmpdir.starts_with('/') ? setup_.tmpdir : "");
    question_.visible = {question_.cwd, setup_.own_program, question_.home};
    for (const auto& path : setup_.visible)
      question_.visible.push_back(resolved_or_empty(path));
    std::erase(question_.visible, "");
  }

  /// Where it was when it was noted.
  std::string covered_path(const std::string& given) const {
    const auto place = std::ranges::find(covers_, given, &covered_place::given);
    return place == covers_.end() ? resolved_or_empty(given) : place->path;
  }

  /// A cover lies at a name: what an agent has moved from there would be seen, and written, at the
  /// other one. Of the program's own folders all depends on their places; others count where this
  /// thread could have moved them.
  std::optional<std::string> missing_cover() const {
    const auto is_reachable = [](const std::string& path, const auto& roots) {
      return std::ranges::any_of(roots, [&](const auto& x) { return is_inside(path, x.path); });
    };
    for (const auto& place : covers_) {
      const auto is_own = place.given == setup_.home || place.given == setup_.results;
      if (!is_own && !is_reachable(place.path, *order_.known) &&
          !is_reachable(place.path, memory_->met))
        continue;
      if (!is_in_place(place))
        return fmt::format("Sandbox refuses to run anything: {} was moved or replaced since "
                           "it was first seen, so that it cannot be kept from tools any more. Put "
                           "it back to go on.",
                           place.path);
    }
    return std::nullopt;
  }

  static sandbox_problem of_folder(std::string message) {
    return {std::move(message), sandbox_problem::cause::folder};
  }

  std::optional<sandbox_problem> add_root(const std::string& given) {
    const auto* identity = find_identity(*order_.known, given);
    if (identity == nullptr)
      identity = find_identity(memory_->met, given);
    if (identity == nullptr) {
      auto met = identify(given);
      if (met.inode == 0)
        return of_folder(
          fmt::format("Sandbox expected writable root {}, but it does not exist.", given));
      identity = &memory_->met.emplace_back(std::move(met));
    }
    auto opened = open_unchanged(*identity);
    if (auto* problem = std::get_if<std::string>(&opened))
      return of_folder(std::move(*problem));
    question_.roots.push_back({given, identity->path});
    opened_.push_back(std::get<owned_descriptor>(std::move(opened)));
    return std::nullopt;
  }

  /// Searched once for a thread, when it first writes there: what was there before it is guarded,
  /// what it makes itself is its own. After one was moved away they are looked for again, and those
  /// that are not found in a tree too large to be searched could be anywhere in it.
  std::optional<std::string> add_repositories() {
    std::vector<repository_list> lists;
    std::vector<const repository_list*> earlier; ///< null: nothing was searched for
    for (const auto& root : question_.roots) {
      if (is_for_everybody(root)) { // what is found there is gone before it is covered
        lists.emplace_back();
        earlier.push_back(nullptr);
        continue;
      }
      const auto known = memory_->repositories.find(root.path);
      const auto is_own = known != memory_->repositories.end();
      const auto* before = is_own ? &known->second : recent(root.path);
      const auto is_current =
        before != nullptr && before->ids == ids_of(before->found.paths) &&
        (is_own || repository_list::clock::now() - before->when < search_lifetime);
      lists.push_back(is_current ? *before : search(root.path));
      earlier.push_back(is_current ? nullptr : before);
    }
    for (std::size_t i = 0; i < lists.size(); ++i)
      if (earlier[i] != nullptr)
        if (const auto lost = lost_repository(*earlier[i], lists[i], lists))
          return fmt::format(
            "Sandbox refuses writable root {}: {}, which tools must not write, was "
            "moved, and the folder is too large to find it again. Put it back to "
            "go on; if it was you who removed it, start the program anew.",
            question_.roots[i].given, *lost);
    for (std::size_t i = 0; i < lists.size(); ++i) {
      for (const auto& path : lists[i].found.paths)
        add_repository(path);
      memory_->repositories.insert_or_assign(question_.roots[i].path, std::move(lists[i]));
    }
    return std::nullopt;
  }

  /// An agent may have written a `.git` that leads anywhere: no root becomes read-only by that.
  void add_repository(const std::string& path) {
    if (std::ranges::none_of(question_.roots,
                             [&](const auto& root) { return is_inside(root.path, path); }))
      return question_.repositories.push_back(path);
    warnings_.push_back(fmt::format("{} is a repository, or a .git below it says so, and holds a "
                                    "writable root: it is not kept from being written",
                                    path));
  }

  /// Where other programs make and remove what they like all the time: nothing is searched for, and
  /// nothing follows from what is gone.
  bool is_for_everybody(const writable_root& root) const {
    return root.path != question_.cwd && (root.given == "/tmp" || root.given == setup_.tmpdir);
  }

  /// Of another thread; null: none.
  const repository_list* recent(const std::string& root) const {
    if (order_.recent == nullptr)
      return nullptr;
    const auto found = order_.recent->find(root);
    return found == order_.recent->end() ? nullptr : &found->second;
  }

  /// Of `before` one that could be at a place which the new search has not seen. What is where it
  /// was is kept, whether it was found or not.
  static std::optional<std::string> lost_repository(const repository_list& before,
                                                    repository_list& now,
                                                    const std::vector<repository_list>& all) {
    const auto is_found = [&](const auto& id) {
      return std::ranges::any_of(
        all, [&](const auto& x) { return std::ranges::find(x.ids, id) != x.ids.end(); });
    };
    for (std::size_t i = 0; i < before.ids.size(); ++i) {
      const auto& path = before.found.paths[i];
      const auto& id = before.ids[i];
      if (id == repository_list::file_id{} || is_found(id))
        continue;
      if (ids_of({path}).front() == id) {
        now.found.paths.push_back(path);
        now.ids.push_back(id);
      } else if (!now.found.is_complete) {
        return path;
      }
    }
    return std::nullopt;
  }

  /// No command could start with a cover on what is not there. It may be anywhere by now.
  static void forget_gone(repository_list& x) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < x.ids.size(); ++i)
      if (x.ids[i] != repository_list::file_id{}) {
        x.found.paths[kept] = x.found.paths[i];
        x.ids[kept++] = x.ids[i];
      }
    x.found.is_complete = x.found.is_complete && kept == x.ids.size();
    x.found.paths.resize(kept);
    x.ids.resize(kept);
  }

  repository_list search(const std::string& root) {
    repository_list result;
    constexpr int max_tries = 3; // what was moved meanwhile is found where it is now
    for (int i = 0; i < max_tries; ++i) {
      result.found = find_repositories(root);
      result.ids = ids_of(result.found.paths);
      if (std::ranges::find(result.ids, repository_list::file_id{}) == result.ids.end())
        break;
    }
    forget_gone(result);
    result.when = repository_list::clock::now();
    if (!result.found.is_complete)
      warnings_.push_back(
        fmt::format("{} is too large to be searched for repositories, or not all of it can be "
                    "read, or it changes meanwhile: those that were not found are not kept from "
                    "being written",
                    root));
    return result;
  }

  survey finish(std::variant<sandbox_plan, sandbox_problem> plan) {
    survey result{.plan = std::move(plan),
                  .roots = {},
                  .memory = std::move(memory_),
                  .warnings = std::move(warnings_),
                  .expected = {},
                  .appeared = std::move(appeared_)};
    if (auto problem = expect(result))
      result.plan = of_folder(std::move(*problem));
    if (const auto* x = std::get_if<sandbox_plan>(&result.plan))
      for (const auto& root : x->roots) {
        const auto at = std::ranges::find(question_.roots, root) - question_.roots.begin();
        const auto is_opened = at < std::ssize(opened_);
        result.roots.push_back(is_opened ? std::move(opened_[static_cast<std::size_t>(at)])
                                         : owned_descriptor{});
      }
    return result;
  }

  /// What is at a path, as far as something was known of it before; by path.
  std::map<std::string, repository_list::file_id> known_files(const thread_memory& memory) const {
    std::map<std::string, repository_list::file_id> result;
    for (const auto& root : question_.roots)
      if (const auto list = memory.repositories.find(root.path); list != memory.repositories.end())
        for (std::size_t i = 0; i < list->second.ids.size(); ++i)
          result.insert_or_assign(list->second.found.paths[i], list->second.ids[i]);
    for (const auto& place : covers_)
      if (place.path == place.folder.path)
        result.insert_or_assign(place.path,
                                repository_list::file_id{place.folder.device, place.folder.inode});
    for (std::size_t i = 0; i < opened_.size(); ++i) {
      struct stat found {};
      if (::fstat(opened_[i].number(), &found) == 0)
        result.insert_or_assign(question_.roots[i].path,
                                repository_list::file_id{found.st_dev, found.st_ino});
    }
    return result;
  }

  /// In which folders the mounts must lie that lie on files which the command may write. A sentence
  /// when what was known to be there is being moved right now.
  std::optional<std::string> expect(survey& result) const {
    const auto* plan = std::get_if<sandbox_plan>(&result.plan);
    if (plan == nullptr)
      return std::nullopt;
    const auto known = known_files(*result.memory);
    for (const auto& mount : plan->mounts) {
      const auto* around = mount_around(*plan, mount);
      if (around == nullptr || around->kind != mount_kind::writable || !around->source.empty())
        continue;
      const auto parent = open_without_links(absolute_path(mount.path, ".."), O_PATH | O_DIRECTORY);
      struct stat at {};
      struct stat found {};
      const auto name = mount.path.substr(mount.path.rfind('/') + 1);
      const auto was = known.find(mount.path);
      const auto is_known = was != known.end() && was->second != repository_list::file_id{};
      const auto is_there =
        parent.is_open() && ::fstat(parent.number(), &at) == 0 &&
        (!is_known || (::fstatat(parent.number(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                       was->second == repository_list::file_id{found.st_dev, found.st_ino}));
      if (!is_there)
        return fmt::format("Sandbox refuses to run this: {} is being moved or replaced.",
                           mount.path);
      result.expected.push_back(
        {mount.path, at.st_dev, at.st_ino, mount.kind == mount_kind::writable});
    }
    return std::nullopt;
  }

  const sandbox_setup& setup_;
  const survey_order& order_;
  std::shared_ptr<thread_memory> memory_;
  std::vector<covered_place> covers_;
  std::vector<covered_place> appeared_; ///< some of them
  sandbox_question question_;
  std::vector<owned_descriptor> opened_; ///< of the question's roots
  std::vector<std::string> warnings_;
};

} // namespace

void note_covers(sandbox_setup& setup) {
  std::vector<std::string> given{setup.home, setup.results};
  given.insert(given.end(), setup.hidden.begin(), setup.hidden.end());
  setup.covers = note_places(given);
}

std::vector<std::string> root_names(const sandbox_setup& setup, sandbox_policy policy,
                                    const std::string& cwd, config::tmp_folder tmp) {
  if (tmp == config::tmp_folder::own)
    policy.exclude_slash_tmp = policy.exclude_tmpdir_env_var = true;
  const auto variables = [&](std::string_view name) -> std::optional<std::string> {
    return name == "TMPDIR" ? std::optional{setup.tmpdir} : std::nullopt;
  };
  return config::effective_writable_roots(policy, cwd, variables);
}

int survey::folder_of(std::string_view path) const {
  const auto* planned = std::get_if<sandbox_plan>(&plan);
  const auto folder = absolute_path(path, "..");
  for (std::size_t i = 0; planned != nullptr && i < roots.size(); ++i)
    if (planned->roots[i].path == folder && roots[i].is_open())
      return roots[i].number();
  return -1;
}

survey look_at(const sandbox_setup& setup, const survey_order& order) {
  return surveyor{setup, order}.run();
}

} // namespace troupe::tool_runner
