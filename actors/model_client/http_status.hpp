#pragma once

#include <string>

namespace troupe::model_client {

/// Code and registered reason: `429 Too Many Requests`. The words of the server do not count.
std::string status_text(int status);

} // namespace troupe::model_client
