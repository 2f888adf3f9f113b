#pragma once

#include "actors/tool_runner/covered_places.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/repository_search.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"
#include "actors/tool_runner/sandbox_watch.hpp"
#include "config/sandbox_settings.hpp"
#include "messages/root_identity.hpp"
#include "messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the disk says to a command that is to run in a sandbox. Blocks; used from any thread.
namespace troupe::tool_runner {

/// What holds for all sandboxes of a node.
struct sandbox_setup {
  config::tmp_folder tmp = config::tmp_folder::shared;
  std::vector<std::string> hidden;
  std::optional<std::uint32_t> uid; ///< whose processes tools are; none: ours
  std::string home;                 ///< CODEX_HOME; empty: none
  std::string results;              ///< where a run keeps its results; empty: none
  std::string own_program;          ///< this program's file, which patches in a sandbox need
  /// The same, by a name that an agent cannot give to another file: what runs outside.
  std::string own_image = "/proc/self/exe";
  std::string bubblewrap;           ///< value of TROUPE_BWRAP (bubblewrap_place.hpp); may be empty
  std::string tmpdir;               ///< value of TMPDIR; may be empty
  std::vector<std::string> visible; ///< folders of the user's that are seen below a private /tmp
  /// What `home`, `results` and `hidden` were before any command ran, see `note_covers`.
  std::vector<covered_place> covers = {};
};

/// Into `setup.covers`.
void note_covers(sandbox_setup& setup);

/// Repositories below one root, as a search has found them.
struct repository_list {
  using clock = std::chrono::steady_clock;

  /// Which file a path was then, so that one that was moved away and replaced is noticed.
  struct file_id {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const file_id&) const = default;
  };

  found_repositories found;
  std::vector<file_id> ids; ///< of `found.paths`
  clock::time_point when;
};
using repository_lists = std::map<std::string, repository_list>; ///< by path of the root

/// What was found out for earlier commands of a thread. Never changed, only replaced.
struct thread_memory {
  std::vector<root_identity> met; ///< roots that its settings did not know yet
  repository_lists repositories;
};

struct survey_order {
  sandbox_policy policy; ///< one that restricts writing
  std::string cwd;       ///< of the turn
  shared_value<std::vector<root_identity>> known;
  std::shared_ptr<const thread_memory> memory;    ///< may be null
  std::shared_ptr<const repository_lists> recent; ///< of other threads; may be null
  std::string own_tmp;                            ///< folder of the thread; empty: shared
  std::shared_ptr<const std::vector<covered_place>> appeared = {}; ///< as in a survey; may be null
};

struct survey {
  std::variant<sandbox_plan, sandbox_problem> plan;
  std::vector<owned_descriptor> roots; ///< of the plan's roots, in their order; some not open
  std::shared_ptr<const thread_memory> memory;
  std::vector<std::string> warnings;    ///< for those whom the machine belongs to
  std::vector<expected_mount> expected; ///< those that lie on files which the command may write
  /// What is to be hidden and was not there when `note_covers` looked; with those of the order.
  std::vector<covered_place> appeared = {};

  /// Descriptor of the root that `path` lies in directly; -1: in none that is open.
  int folder_of(std::string_view path) const;
};

/// The roots as the policy names them. With a private /tmp that one and $TMPDIR are none.
std::vector<std::string> root_names(const sandbox_setup& setup, sandbox_policy policy,
                                    const std::string& cwd, config::tmp_folder tmp);

/// How long what was found for one thread is believed for another that begins.
inline constexpr std::chrono::seconds search_lifetime{60};

survey look_at(const sandbox_setup& setup, const survey_order& order);

} // namespace troupe::tool_runner
