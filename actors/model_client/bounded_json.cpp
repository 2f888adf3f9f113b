#include "actors/model_client/bounded_json.hpp"

#include "actors/model_client/json_scan.hpp"

#include <boost/json/parse.hpp>

namespace troupe::model_client {

std::optional<boost::json::value> parse_bounded(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = json_scan::max_depth;
  boost::json::error_code error;
  auto result = boost::json::parse(text, error, {}, options);
  if (error)
    return std::nullopt;
  return result;
}

} // namespace troupe::model_client
