#include "config/node_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

bool holds(const fs::path& folder, const char* name) {
  std::error_code none;
  return fs::exists(folder / name, none);
}

/// A node's folder in that of an authority, where `issue` puts it; empty: none was issued.
std::string example_in(const fs::path& authority) {
  std::vector<std::string> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{authority, failed})
    if (holds(entry.path(), "node.pem"))
      found.push_back(entry.path().string());
  return found.empty() ? std::string{} : *std::ranges::min_element(found);
}

} // namespace

std::optional<std::string> problem_of_node_folder(const std::string& folder) {
  std::error_code failed;
  const auto found = fs::status(folder, failed);
  if (found.type() == fs::file_type::not_found)
    return folder + ": no such folder; make it with: troupe cluster ca issue DIR NAME --out " +
           folder;
  if (failed)
    return folder + ": " + failed.message();
  if (!fs::is_directory(found))
    return folder + ": is no folder; the one is expected that troupe cluster ca issue made, with "
                    "node.pem, node.key and ca.pem";
  if (holds(folder, "node.pem"))
    return std::nullopt;
  if (!holds(folder, "ca.key"))
    return folder + ": there is no node.pem in it; the folder is expected that troupe cluster ca "
                    "issue made, with node.pem, node.key and ca.pem";
  const auto example = example_in(folder);
  return folder + ": this is the authority's folder, not a node's; " +
         (example.empty() ? "make one with: troupe cluster ca issue " + folder + " NAME"
                          : "a node's is in it, like " + example);
}

} // namespace troupe::config
