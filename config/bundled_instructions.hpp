#pragma once

#include "messages/model_info.hpp"
#include "messages/shared_text.hpp"

#include <string_view>

namespace troupe::config {

/// The base instructions of a group of models (contract models-manager.md 4 and 11): `a` to `e`, or
/// `e+patch`, which explains patches to models that do not know them. Empty for other names. Made
/// once; every caller shares the text.
const shared_text& bundled_instructions(std::string_view group);

/// The template with `{{ personality }}` and its three variables that go with group `a`.
const model_messages& bundled_messages();

} // namespace troupe::config
