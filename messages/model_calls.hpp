#pragma once

#include "messages/errors.hpp"
#include "messages/ids.hpp"
#include "messages/item.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <optional>
#include <string>
#include <vector>

/// Calls of the model client that answer in one piece (contract responses-client.md 11.3 and 12).
/// Each is answered exactly once, with its error inside the answer.
namespace troupe {

/// One `POST {base}/responses/compact`. Texts are finished JSON as in `model_request`. Answer:
/// `compacted_history`.
struct compact_history {
  thread_id thread;
  std::string provider;
  std::string model;
  shared_text instructions_json;
  std::vector<shared_text> input;
  std::string subagent;  ///< label for `x-openai-subagent`; empty: none
  std::string turn = {}; ///< it is made for
  bool operator==(const compact_history&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, compact_history& x) {
  return f.object(x).fields(
    f.field("thread", x.thread), f.field("provider", x.provider), f.field("model", x.model),
    f.field("instructions_json", x.instructions_json), f.field("input", x.input),
    f.field("subagent", x.subagent), f.field("turn", x.turn));
}

struct compacted_history {
  std::vector<response_item> output; ///< unknown kinds included
  std::optional<model_error> error;
  bool operator==(const compacted_history&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, compacted_history& x) {
  return f.object(x).fields(f.field("output", x.output), f.field("error", x.error));
}

/// One prepared trace of an earlier session.
struct memory_trace {
  std::string id;
  std::string source_path;
  std::vector<shared_text> items; ///< JSON objects
  bool operator==(const memory_trace&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, memory_trace& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("source_path", x.source_path),
                            f.field("items", x.items));
}

/// One `POST {base}/memories/trace_summarize`. Without traces nothing is sent. Answer:
/// `trace_summaries`.
struct summarise_traces {
  std::string provider;
  std::string model;
  std::vector<memory_trace> traces;
  std::optional<reasoning_effort> effort;
  std::string subagent;
  bool operator==(const summarise_traces&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, summarise_traces& x) {
  return f.object(x).fields(f.field("provider", x.provider), f.field("model", x.model),
                            f.field("traces", x.traces), f.field("effort", x.effort),
                            f.field("subagent", x.subagent));
}

struct trace_summary {
  std::string summary; ///< of what happened
  std::string memory;  ///< what is worth keeping
  bool operator==(const trace_summary&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, trace_summary& x) {
  return f.object(x).fields(f.field("summary", x.summary), f.field("memory", x.memory));
}

struct trace_summaries {
  std::vector<trace_summary> summaries; ///< one per trace, in their order
  std::optional<model_error> error;
  bool operator==(const trace_summaries&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, trace_summaries& x) {
  return f.object(x).fields(f.field("summaries", x.summaries), f.field("error", x.error));
}

} // namespace troupe
