#pragma once

#include <string>
#include <string_view>

namespace troupe::net {

/// Base64 with padding and without line breaks (RFC 4648, section 4).
std::string to_base64(std::string_view bytes);

} // namespace troupe::net
