#pragma once

#include "config/config.hpp"
#include "messages/model_info.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What is known about models without asking anyone (contract models-manager.md 2, 4, 10 to 13).
namespace troupe::config {

struct catalogue_error {
  std::string message; ///< which entry, which field, what is wrong
  bool operator==(const catalogue_error&) const = default;
};

using model_list = std::vector<model_info>;

/// `strict` is the form of `/models` answers and their cache. `file` is a `model_catalog_json`: the
/// released binary's files leave out the flags for summaries and parallel calls, which are then on.
enum class catalogue_form : std::uint8_t { strict, file };

/// Parses `{"models":[...]}`. One bad entry makes the whole list an error.
std::variant<model_list, catalogue_error> parse_catalogue(std::string_view json,
                                                          catalogue_form form);

/// Writes the same form; absent fields are omitted or null as contract section 2 says.
std::string print_catalogue(std::span<const model_info> models);

inline constexpr std::size_t max_catalogue_bytes = 16 * 1024 * 1024;

/// Reads `model_catalog_json`.
std::variant<model_list, catalogue_error> read_catalogue_file(const std::filesystem::path& file);

/// The nine models that come with the program, sorted by priority. Parsed once.
const model_list& bundled_catalogue();

/// The entry with exactly this slug; null when there is none.
const model_info* find_model(std::span<const model_info> models, std::string_view slug);

/// What is assumed of a model that no list names: by prefix of the slug, contract section 11.
model_info fallback_model(std::string_view slug);

/// Is `fallback_model` guessing (row 16), so that the user should be warned?
bool is_unknown_model(std::string_view slug);

/// `x` with the settings of `config` that speak about models, contract section 12.
model_info with_overrides(model_info x, const config& settings);

/// The entry of `models` (remote or bundled ones; ignored when feature `remote_models` is off),
/// else the fallback; with overrides. Never fails.
model_info describe_model(std::span<const model_info> models, std::string_view slug,
                          const config& settings);

bool supports_personality(const model_info& x);

/// The base instructions for a personality setting (contract section 13). Shares the model's text
/// where there is no template.
shared_text instructions_for(const model_info& x, std::optional<personality> p);

/// `incoming` over the bundled catalogue: same slug replaces in place, others are appended.
model_list merge_with_bundled(std::span<const model_info> incoming);

} // namespace troupe::config
