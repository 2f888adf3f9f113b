#include "config/placeholder.hpp"

#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error))
    return false;
  const auto own = fs::symlink_status(path, error);
  const auto is_marked = fs::is_directory(own) && (static_cast<unsigned>(own.permissions()) &
                                                   placeholder_mark) == placeholder_mark;
  if (!is_marked)
    return fs::exists(own);
  const auto is_empty = fs::is_empty(path, error);
  return !error && !is_empty; // an error: it has just gone
}

} // namespace troupe::config
