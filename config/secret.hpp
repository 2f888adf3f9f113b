#pragma once

#include "messages/secret.hpp"

namespace troupe::config {

using troupe::secret;

} // namespace troupe::config
