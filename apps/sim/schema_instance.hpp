#pragma once

#include <string>
#include <string_view>

namespace troupe::sim {

/// A small JSON text that is valid for a JSON schema: required members only, the fewest elements, a
/// string's text is the name of its property. Understands types, `const`, `enum`, `default`, local
/// `$ref`, `allOf`, `anyOf`, `oneOf`, bounds of numbers, lengths and counts, and common formats;
/// not `pattern`, `not` and conditions. Bounded in depth and size; `{}` when the schema is no JSON.
std::string schema_instance(std::string_view raw_schema);

} // namespace troupe::sim
