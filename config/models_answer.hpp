#pragma once

#include "config/catalogue_json.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a provider answers to `GET {base}/models` (contract models-manager.md 6), and how much of
/// it is usable.
namespace troupe::config {

/// More entries are dropped: no provider has as many, and each is compared with the others.
inline constexpr std::size_t max_listed_models = 2'000;
/// Longer slugs are dropped with their entry.
inline constexpr std::size_t max_slug_bytes = 512;

struct models_answer {
  catalogue models;                  ///< in the order of the answer, each slug once: the last one
  std::vector<std::string> warnings; ///< one per entry that was left out, and why
  bool operator==(const models_answer&) const = default;
};

/// Reads `{"models":[...]}`, where an entry that is not usable is left out, or OpenAI's plain
/// `{"data":[{"id":...}]}`, whose ids get the metadata of `fallback_model` and are shown in
/// pickers. Error: neither, or a list of which nothing is usable.
std::variant<models_answer, catalogue_error> parse_models_answer(std::string_view json);
std::variant<models_answer, catalogue_error> parse_models_answer(const boost::json::value& root);

} // namespace troupe::config
