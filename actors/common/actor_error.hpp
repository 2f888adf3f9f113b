#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace troupe {

/// An actor's error for a person: the sentence that came with it, else its code.
std::string error_text(const caf::error& x);

} // namespace troupe
