#pragma once

#include "messages/item.hpp"
#include "messages/json/object_reader.hpp"
#include "messages/json/writer.hpp"

namespace troupe {

/// Reads the members of an item of kind `x.kind` into `x` and writes the item as it is stored, type
/// first. A violation of contract responses-client.md 5 fails the reader; what was written is then
/// of no use.
void copy_item(object_reader& in, response_item& x, json_writer& out);

} // namespace troupe
