#pragma once

#include "config/providers.hpp"
#include "config/table_reader.hpp"

namespace troupe::config {

/// `builtin` plus the entries of `[model_providers]` whose ids are free; of the other entries only
/// the limits count. A bad entry is the error of `providers`.
provider_table read_providers(const table_reader& providers, provider_table builtin);

/// `[model_limits]`: limits of all providers together. Unlike elsewhere an unknown key is an error:
/// a limit that is misspelt would not be kept.
request_limits read_model_limits(const table_reader& from);

} // namespace troupe::config
