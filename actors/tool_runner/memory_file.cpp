#include "actors/tool_runner/memory_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

namespace troupe::tool_runner {

owned_descriptor memory_file(const char* name, std::string_view text) {
  owned_descriptor result{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  while (result.is_open() && !text.empty()) {
    const auto count = ::write(result.number(), text.data(), text.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return {};
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  constexpr auto seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (!result.is_open() || ::lseek(result.number(), 0, SEEK_SET) != 0 ||
      ::fcntl(result.number(), F_ADD_SEALS, seals) != 0)
    return {};
  return result;
}

} // namespace troupe::tool_runner
