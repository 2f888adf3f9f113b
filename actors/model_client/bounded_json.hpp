#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace troupe::model_client {

/// One JSON value, no deeper than `json_scan::max_depth`; none when `text` is not that.
std::optional<boost::json::value> parse_bounded(std::string_view text);

} // namespace troupe::model_client
