#include "messages/json/document.hpp"

#include <boost/json/parse.hpp>

namespace troupe {

// The buffer is scratch memory: clearing it first would cost more than parsing a small item.
json_document::json_document(std::string_view json) : root_(&memory_) {
  boost::json::error_code failure;
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  root_ = boost::json::parse({json.data(), json.size()}, failure, &memory_, options);
  valid_ = !failure;
}

} // namespace troupe
