#pragma once

#include "messages/root_identity.hpp"

#include <optional>
#include <string>
#include <vector>

/// What sandboxes cover (keys, settings, results), as it was before any command ran: a cover lies
/// at a name, and an agent may rename a folder on the way. Blocks.
namespace troupe::tool_runner {

struct covered_place {
  std::string given; ///< as the settings name it
  std::string path;  ///< the same without symbolic links
  /// What is there; of a file its folder, since files are replaced by those who renew them.
  root_identity folder;
};

/// None: nothing is there.
std::optional<covered_place> note_place(const std::string& given);

/// Of those that exist, in the same order.
std::vector<covered_place> note_places(const std::vector<std::string>& given);

/// Is it still at its path, and no symbolic link on the way?
bool is_in_place(const covered_place& place);

} // namespace troupe::tool_runner
