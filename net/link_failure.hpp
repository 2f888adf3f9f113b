#pragma once

#include <boost/system/error_code.hpp>

#include <string>

namespace troupe::net {

/// Why the TLS of a link failed, for the operator of this node: what is wrong with which of the two
/// certificates, and the remedy. `verdict`: OpenSSL's on the peer's certificate. `authority`: the
/// file by which it was checked.
std::string link_failure(const boost::system::error_code& error, long verdict,
                         const std::string& authority);

} // namespace troupe::net
