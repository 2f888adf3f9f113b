#pragma once

#include "actors/tool_runner/kept_links.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Names that must stay missing while a command runs. A mount needs something to lie on: that is an
/// empty folder with a mode that nobody else gives such a folder, which git, editors and this
/// program take for no repository and no settings. Blocks.
namespace troupe::tool_runner {

/// Is nothing, or only a placeholder, at `name` in the folder `parent` (open for reading; AT_FDCWD:
/// `name` is a path)? One look: placeholders of other commands come and go at any time.
bool is_vacant(int parent, const std::string& name);

/// Placeholders that are in use. Each is locked (shared) as long as it is, also by other processes
/// of this program, and who finds it unlocked at the end takes it away; one that a killed process
/// has left goes with the next command there. Movable.
class held_placeholders {
public:
  held_placeholders() = default;
  held_placeholders(held_placeholders&&) = default;
  held_placeholders& operator=(held_placeholders&&) = default;
  ~held_placeholders();

  enum class outcome {
    held,      ///< it is there and stays
    taken,     ///< something else has appeared there; not ours
    impossible ///< nobody with our rights can make it
  };

  /// `folder` is the one that `path` (absolute) lies in, open in any way: whatever its name leads
  /// to meanwhile, only there something is made and removed. Error: a sentence for the tool's
  /// output.
  std::variant<outcome, std::string> hold(int folder, const std::string& path);

  /// A link that is put back when the placeholders go.
  void keep(held_link x) { links_.push_back(std::move(x)); }

private:
  struct placeholder {
    owned_descriptor parent;
    std::string name;
    owned_descriptor folder;
  };

  std::vector<placeholder> held_;
  std::vector<held_link> links_;
};

} // namespace troupe::tool_runner
