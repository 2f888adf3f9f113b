#include "apps/common/version.hpp"

namespace troupe::common {

std::string_view program_version() {
  return TROUPE_VERSION; // from CMake's project()
}

} // namespace troupe::common
