#pragma once

#include "messages/errors.hpp"
#include "messages/model_calls.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::model_client {

/// Prepares the content of a trace file for `summarise_traces` (contract responses-client.md 12).
///
/// `bytes` are UTF-8, with or without a mark, else Latin-1: a JSON array of objects, or lines of
/// which each is an object or an array of objects; others are skipped. What remains are items with
/// a type, unwrapped from rollout lines, without messages of unknown roles. Nothing left is an
/// error
/// (`invalid_request`). `number` counts the files of a request from 1.
std::variant<memory_trace, model_error> prepare_trace(std::string_view bytes,
                                                      const std::string& path, std::size_t number);

} // namespace troupe::model_client
