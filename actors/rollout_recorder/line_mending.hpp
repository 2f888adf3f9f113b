#pragma once

#include "actors/rollout_recorder/line_codec.hpp"

#include <string>
#include <string_view>

/// What can be saved of a damaged line. Pure.
namespace troupe::rollout_recorder {

/// The line with U+FFFD in place of what makes its text unreadable: bytes that are no UTF-8,
/// control characters inside strings, and escapes of lone surrogates. Readable then, unless more is
/// wrong with it.
std::string mended_line(std::string_view line);

/// Whether a line that cannot be read was meant to be a session_meta, or a user's message.
bool claims_to_be_meta(std::string_view line);
bool claims_to_be_user_message(std::string_view line);

/// Whether a file with this beginning says that it is UTF-16.
bool is_utf16(std::string_view text);

/// "it holds bytes that are no UTF-8"
std::string_view to_sentence(line_fault fault);

} // namespace troupe::rollout_recorder
