#include "apps/common/output_schema.hpp"

#include "config/text_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::common {

namespace {

/// Real schemas nest deeper than the parser's usual 32 levels.
constexpr std::size_t max_schema_depth = 256;

} // namespace

std::variant<shared_text, schema_problem> parse_output_schema(std::string_view text,
                                                              std::string_view file) {
  boost::json::parse_options options;
  options.max_depth = max_schema_depth;
  boost::json::error_code error;
  boost::json::monotonic_resource memory;
  boost::json::parse(text, error, &memory, options);
  if (error)
    return schema_problem{
      fmt::format("Output schema file {} is not valid JSON: {}", file, error.message())};
  // The text itself, not the parsed value written again: that would change how numbers look.
  return shared_text{std::string{config::trimmed(text)}};
}

std::variant<shared_text, schema_problem> read_output_schema(const std::filesystem::path& file) {
  auto read = config::read_text_file(file, max_schema_bytes);
  if (const auto* error = std::get_if<std::error_code>(&read))
    return schema_problem{
      fmt::format("Failed to read output schema file {}: {}", file.string(), error->message())};
  return parse_output_schema(std::get<std::string>(read), file.string());
}

} // namespace troupe::common
