#pragma once

#include "messages/thread_info.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace troupe {

/// JSON and text forms of contract threads.md 1.3.
boost::json::value to_json(const session_source& x);
session_source parse_session_source(const boost::json::value& x); ///< anything unknown is `unknown`
std::string to_text(const session_source& x);

} // namespace troupe
