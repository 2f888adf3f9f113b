#pragma once

#include "messages/shared_text.hpp"

#include <string_view>

namespace troupe::model_client {

/// The item with its id as a member, for providers that keep responses. Items of types that have
/// none there, and what is no object, are given back as they are (contract responses-client.md
/// 4.4).
shared_text with_id(const shared_text& item_json, std::string_view id);

} // namespace troupe::model_client
