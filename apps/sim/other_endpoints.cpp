#include "apps/sim/other_endpoints.hpp"

#include "apps/sim/json_text.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace troupe::sim {

namespace {

constexpr std::size_t max_compacted_bytes = 80'000; // 20,000 tokens, as the client keeps itself

// What a client needs to run a model with all tools; the keys of both generations of clients.
constexpr std::string_view catalogue_entry =
  R"({{"slug":{0},"display_name":{0},"description":"Simulated model",)"
  R"("default_reasoning_level":"medium","supported_reasoning_levels":[)"
  R"({{"effort":"low","description":"less"}},{{"effort":"medium","description":"default"}},)"
  R"({{"effort":"high","description":"more"}}],"shell_type":"unified_exec","visibility":"list",)"
  R"("supported_in_api":true,"priority":{1},"upgrade":null,)"
  R"("base_instructions":"You are a simulated model.","model_messages":null,)"
  R"("supports_reasoning_summaries":true,"support_verbosity":true,"default_verbosity":"low",)"
  R"("apply_patch_tool_type":"freeform","truncation_policy":{{"mode":"tokens","limit":10000}},)"
  R"("supports_parallel_tool_calls":true,"context_window":{2},)"
  R"("effective_context_window_percent":95,"experimental_supported_tools":[],)"
  R"("input_modalities":["text","image"]}})";

} // namespace

std::string plain_model_list(std::span<const listed_model> models) {
  std::string result = R"({"object":"list","data":[)";
  for (const auto& x : models) {
    result += &x == models.data() ? R"({"id":)" : R"(,{"id":)";
    append_json_string(result, x.id);
    result += R"(,"object":"model","created":0,"owned_by":"troupe-sim"})";
  }
  return result + "]}";
}

std::string model_catalogue(std::span<const listed_model> models) {
  std::string result = R"({"models":[)";
  for (std::size_t i = 0; i < models.size(); ++i) {
    std::string name;
    append_json_string(name, models[i].id);
    result += i == 0 ? "" : ",";
    fmt::format_to(std::back_inserter(result), catalogue_entry, name, i + 1,
                   models[i].context_window);
  }
  return result + "]}";
}

std::string compacted_history(const request_view& request) {
  std::vector<std::string_view> kept;
  json_walk items{request.raw_input};
  while (items.next())
    if (json_member(items.value(), "role") == "\"user\"")
      kept.push_back(items.value());
  std::size_t bytes = 0;
  const auto oldest = std::find_if(kept.rbegin(), kept.rend(), [&bytes](std::string_view x) {
    bytes += x.size();
    return bytes > max_compacted_bytes;
  });
  std::string result = R"({"output":[)";
  for (auto at = oldest.base(); at != kept.end(); ++at) {
    result += *at;
    result += ',';
  }
  return result + fmt::format(R"({{"type":"compaction","encrypted_content":)"
                              R"("simulated compaction of {} items"}}]}})",
                              request.items);
}

std::string memory_summaries(std::string_view body) {
  json_walk traces{json_member(body, "traces").value_or("[]")};
  std::size_t count = 0;
  while (traces.next())
    ++count;
  return memory_summaries_of(count);
}

std::string memory_summaries_of(std::size_t entries) {
  std::string result = R"({"output":[)";
  for (std::size_t number = 1; number <= entries; ++number)
    result += fmt::format(R"({}{{"trace_summary":"simulated summary of trace {}",)"
                          R"("memory_summary":"nothing to remember"}})",
                          number == 1 ? "" : ",", number);
  return result + "]}";
}

} // namespace troupe::sim
