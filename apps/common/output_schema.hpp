#pragma once

#include "messages/shared_text.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

/// JSON Schemas that final messages must follow (contract exec-and-sdk.md 1.6).
namespace troupe::common {

inline constexpr std::size_t max_schema_bytes = 1024 * 1024;

/// Text for stderr; exit code 1.
struct schema_problem {
  std::string message;
  bool operator==(const schema_problem&) const = default;
};

/// The schema as it goes into requests; `file` is how messages name it.
std::variant<shared_text, schema_problem> parse_output_schema(std::string_view text,
                                                              std::string_view file);

/// Reads and parses. Blocks.
std::variant<shared_text, schema_problem> read_output_schema(const std::filesystem::path& file);

} // namespace troupe::common
