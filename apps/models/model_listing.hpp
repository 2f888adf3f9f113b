#pragma once

#include "messages/models.hpp"

#include <cstdint>
#include <string>

/// How `troupe models` shows what a session could use.
namespace troupe::models {

/// Hidden models work when they are named, but are offered nowhere.
enum class shown_models : std::uint8_t { offered, all };

/// A line per model under a line of headings; the default model is marked with `*`.
std::string model_table(const model_list& list, shown_models which);

/// One line: `{"models":[{"model","model_provider","display_name","description","default_effort",
/// "efforts":[{"effort","description"}],"supports_personality","is_default","upgrade",
/// "show_in_picker","supported_in_api","input_modalities"}]}`. `upgrade` is the slug of the model
/// to move to, or null.
std::string model_json(const model_list& list, shown_models which);

/// Whether a slug is on the list, or what is known of it is guessed from its beginning.
enum class model_origin : std::uint8_t { listed, assumed };

/// What a session would know of the model: a line per property, without the instructions.
std::string model_text(const model_info& x, model_origin origin);

/// The same on one line: the object of contract models-manager.md 2, instructions included.
std::string model_info_json(const model_info& x);

} // namespace troupe::models
