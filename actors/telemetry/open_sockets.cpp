#include "actors/telemetry/open_sockets.hpp"

#include <filesystem>
#include <system_error>

namespace troupe::telemetry {

namespace fs = std::filesystem;

std::optional<std::int64_t> open_sockets() {
  std::error_code error;
  std::int64_t result = 0;
  for (fs::directory_iterator i{"/proc/self/fd", error}, end; !error && i != end;
       i.increment(error)) {
    std::error_code gone; // descriptors may close while they are listed
    if (fs::read_symlink(i->path(), gone).native().starts_with("socket:"))
      ++result;
  }
  return error ? std::nullopt : std::optional{result};
}

} // namespace troupe::telemetry
