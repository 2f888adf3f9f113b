#pragma once

#include "messages/models.hpp"

#include <cstdint>
#include <string>

/// How `troupe models list` shows what a session could use.
namespace troupe::models {

/// Hidden models work when they are named, but are offered nowhere.
enum class shown_models : std::uint8_t { offered, all };

/// A line per model under a line of headings; the default model is marked with `*`.
std::string model_table(const model_list& list, shown_models which);

/// One line: `{"models":[{"model","display_name","description","default_effort",
/// "efforts":[{"effort","description"}],"is_default","show_in_picker","supported_in_api"}]}`.
std::string model_json(const model_list& list, shown_models which);

} // namespace troupe::models
