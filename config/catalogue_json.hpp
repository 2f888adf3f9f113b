#pragma once

#include "messages/model_info.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The JSON form of a list of models (contract models-manager.md 2): bundled catalogue, `/models`
/// answers, their cache, and files of `model_catalog_json`.
namespace troupe::config {

using catalogue = std::vector<model_info>;

/// Windows and limits above this are refused or cut: far above any model, and small enough that
/// they can be multiplied without overflow.
inline constexpr std::int64_t max_token_count = 1'000'000'000'000;

struct catalogue_error {
  std::string message; ///< which entry, which field
  bool operator==(const catalogue_error&) const = default;
};

/// `strict` is the form of `/models` answers and their cache. `file` is a `model_catalog_json`: the
/// released binary's files leave out the flags for summaries and parallel calls, which are then on
/// (as in the captured requests).
enum class catalogue_form : std::uint8_t { strict, file };

/// Parses `{"models":[...]}`. One bad entry makes the whole list an error.
std::variant<catalogue, catalogue_error> parse_catalogue(std::string_view json,
                                                         catalogue_form form);

/// One entry of such a list. Error: the field that is missing or has a wrong value, after the slug
/// where there is one.
std::variant<model_info, catalogue_error> parse_model(const boost::json::value& entry,
                                                      catalogue_form form);

/// Writes `{"models":[...]}`; absent fields are omitted or null as the contract says.
std::string print_catalogue(std::span<const model_info> models);

/// Appends only the array.
void append_models(std::string& out, std::span<const model_info> models);

} // namespace troupe::config
