#pragma once

#include "config/providers.hpp"
#include "config/table_reader.hpp"

namespace troupe::config {

/// `builtin` plus the entries of `[model_providers]` whose ids are free. A bad entry is the error
/// of `providers`.
provider_table read_providers(const table_reader& providers, provider_table builtin);

} // namespace troupe::config
