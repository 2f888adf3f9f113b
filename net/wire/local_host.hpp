#pragma once

#include "net/wire/headers.hpp"

#include <string_view>

/// Who may ask a server of this machine (pure). A page in a browser can send requests to loopback
/// under a name of its own, by which it may then read the answers; the `Host` header tells.
namespace troupe::net {

/// Whether `authority` (`host` or `host:port`) is localhost or a loopback address by its own name:
/// `localhost`, 127.0.0.0/8 in full, `[::1]`.
bool names_loopback(std::string_view authority);

/// Whether a request was made for this machine: exactly one `Host`, which `names_loopback`, and the
/// page that made it, if an `Origin` says so, is of this machine too.
bool is_for_loopback(const header_list& request);

} // namespace troupe::net
