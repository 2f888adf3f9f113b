#pragma once

#include "config/catalogue_json.hpp"
#include "config/config.hpp"
#include "messages/model_info.hpp"
#include "messages/models.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

/// What is known about models without asking anyone (contract models-manager.md 4, 9.1, 10 to 13).
namespace troupe::config {

inline constexpr std::size_t max_catalogue_bytes = 16 * 1024 * 1024;

/// Reads a `model_catalog_json`, which replaces the bundled catalogue.
std::variant<catalogue, catalogue_error> read_catalogue_file(const std::filesystem::path& file);

/// The nine models that come with the program, sorted by priority. Parsed once; the texts are
/// shared.
const catalogue& bundled_catalogue();

/// `incoming` over `base`: the same slug replaces in place, others are appended.
catalogue merge_catalogues(catalogue base, std::span<const model_info> incoming);

/// The entry with exactly this slug; null when there is none.
const model_info* find_model(std::span<const model_info> models, std::string_view slug);

/// What is assumed of a model that no list names: by prefix of the slug, contract section 11. The
/// slug is always the given one.
model_info fallback_model(std::string_view slug);

/// Is `fallback_model` guessing (its last row), so that the user should be warned?
bool is_unknown_model(std::string_view slug);

/// `x` with the first five settings of contract section 12.
model_info with_overrides(model_info x, const model_overrides& settings);

/// The settings of `from` that `with_overrides` wants.
model_overrides overrides_of(const config& from);

/// The entry of `models` (ignored when feature `remote_models` is off), else the fallback; with
/// overrides, and without messages when feature `personality` is off. Never fails.
model_info describe_model(std::span<const model_info> models, std::string_view slug,
                          const model_overrides& settings, const feature_set& features);

bool supports_personality(const model_info& x);

/// The base instructions for a personality setting (contract section 13). Shares the model's text
/// where there is no template.
shared_text instructions_for(const model_info& x, std::optional<personality> p);

} // namespace troupe::config
