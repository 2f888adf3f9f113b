#pragma once

#include "messages/item.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// How many tokens texts and items take, guessed from their bytes (contract responses-client.md
/// 9.5): nobody here has the models' tokenisers. Pure.
namespace troupe::codex_thread {

/// A quarter of its bytes, rounded up.
std::int64_t estimated_tokens(std::string_view text);

/// Of the item's JSON; encrypted content counts as what is inside it, a ghost snapshot as nothing.
std::int64_t estimated_tokens(const response_item& item);

/// Of a whole conversation: what it will take in the next request.
std::int64_t estimated_tokens(std::string_view instructions, std::span<const response_item> items);

/// Added by this program and not by model or user: tool outputs and developer messages.
bool is_client_made(const response_item& x);

/// Whether the provider counted the reasoning of earlier turns in the usage it reported.
enum class reasoning_usage : std::uint8_t { not_counted, counted };

/// What a conversation takes now: `reported` by the last response, plus what was added since (tool
/// outputs and developer messages at the end), plus encrypted reasoning of earlier turns when the
/// provider has `not_counted` it.
std::int64_t current_usage(std::int64_t reported, std::span<const response_item> items,
                           reasoning_usage earlier);

} // namespace troupe::codex_thread
