#pragma once

#include "apps/sim/request_view.hpp"
#include "apps/sim/scenario.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// The bodies of the endpoints beside `/responses`, as they are when nothing goes wrong.
namespace troupe::sim {

/// `GET {base}/models` in the form of the public API.
std::string plain_model_list(std::span<const listed_model> models);

/// `GET {base}/models?client_version=...`: the catalogue form (contract models-manager, sections 2
/// and 6).
std::string model_catalogue(std::span<const listed_model> models);

/// `POST {base}/responses/compact` (contract responses-client, section 11.3): the request's user
/// messages, newest up to a bound, and a compaction item.
std::string compacted_history(const request_view& request);

/// `POST {base}/memories/trace_summarize` (contract responses-client, section 12): one summary per
/// trace.
std::string memory_summaries(std::string_view body);

/// So many summaries, whatever was asked for.
std::string memory_summaries_of(std::size_t entries);

} // namespace troupe::sim
