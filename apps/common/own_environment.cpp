#include "apps/common/own_environment.hpp"

#include <cstring>
#include <unistd.h>

namespace troupe::common {

void hide_environment() {
  std::size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr)
    ++count;
  // Never freed: `getenv` hands out pointers into it for as long as the process lives.
  auto** const entries = new char*[count + 1];
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = std::strlen(environ[i]) + 1;
    entries[i] = new char[size];
    std::memcpy(entries[i], environ[i], size);
    explicit_bzero(environ[i], size);
  }
  entries[count] = nullptr;
  environ = entries;
}

} // namespace troupe::common
