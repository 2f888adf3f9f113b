#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Keys that nobody reads. In tables that say what agents may do, one that is misspelt must not be
/// passed over: whoever wrote it believes in it.
namespace troupe::config {

class table_reader;

/// Records an error at the first key of `table`, which is called `name`, that is not `known`.
void refuse_unknown_keys(const table_reader& table, std::string_view name,
                         std::span<const std::string_view> known);

/// For a table that holds keys of other programs, too: an error only where a key looks like a slip
/// of a `known` one; the others that are not `known` are the result.
std::vector<std::string> refuse_misspelt_keys(const table_reader& table, std::string_view name,
                                              std::span<const std::string_view> known);

} // namespace troupe::config
