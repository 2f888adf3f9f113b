// The table of contract models-manager.md 11: what is assumed of models that no list names.

#include "config/bundled_instructions.hpp"
#include "config/catalogue.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

namespace troupe::config {

namespace {

using effort = reasoning_effort;

std::vector<reasoning_level> levels(std::initializer_list<effort> efforts) {
  std::vector<reasoning_level> result;
  for (const auto x : efforts) {
    switch (x) {
    case effort::low: result.push_back({x, "Fast answers with light reasoning"}); break;
    case effort::medium:
      result.push_back({x, "Balances speed and depth for everyday tasks"});
      break;
    case effort::high: result.push_back({x, "More depth for hard problems"}); break;
    case effort::xhigh: result.push_back({x, "Deepest reasoning for the hardest problems"}); break;
    case effort::none:
    case effort::minimal:
    case effort::max:
    case effort::ultra:
    case effort::persistent: result.push_back({x, ""}); break;
    }
  }
  return result;
}

model_info base(std::string_view slug) {
  model_info x;
  x.slug = std::string{slug};
  x.display_name = x.slug;
  x.supported_reasoning_levels = levels({effort::low, effort::medium, effort::high});
  x.base_instructions = bundled_instructions("e");
  x.context_window = 272'000;
  return x;
}

/// A model that reasons and gives summaries, with general instructions that explain patches.
model_info reasoning_model(model_info x) {
  x.base_instructions = bundled_instructions("e+patch");
  x.supports_reasoning_summaries = true;
  return x;
}

model_info chat_model(model_info x, std::int64_t context_window) {
  x.base_instructions = bundled_instructions("e+patch");
  x.context_window = context_window;
  return x;
}

/// A model made for coding agents.
model_info coding_model(model_info x, std::string_view instructions) {
  x.base_instructions = bundled_instructions(instructions);
  x.apply_patch_tool_type = patch_tool_type::freeform;
  x.shell_type = shell_type::shell_command;
  x.supports_reasoning_summaries = true;
  x.truncation_policy = {truncation_mode::tokens, 10'000};
  return x;
}

/// A general model of the newer kind.
model_info general_model(model_info x, std::string_view instructions) {
  x.base_instructions = bundled_instructions(instructions);
  x.apply_patch_tool_type = patch_tool_type::freeform;
  x.supports_reasoning_summaries = true;
  x.support_verbosity = true;
  x.default_verbosity = verbosity::low;
  x.default_reasoning_level = effort::medium;
  x.shell_type = shell_type::shell_command;
  x.supports_parallel_tool_calls = true;
  return x;
}

model_info with_xhigh(model_info x) {
  x.supported_reasoning_levels = levels({effort::low, effort::medium, effort::high, effort::xhigh});
  return x;
}

model_info with_messages(model_info x) {
  x.model_messages = bundled_messages();
  x.supports_parallel_tool_calls = true;
  return x;
}

model_info o_series(model_info x) {
  x = reasoning_model(std::move(x));
  x.context_window = 200'000;
  return x;
}

model_info codex_mini_latest(model_info x) {
  x = o_series(std::move(x));
  x.shell_type = shell_type::local;
  return x;
}

model_info gpt_oss(model_info x) {
  x.apply_patch_tool_type = patch_tool_type::function;
  x.context_window = 96'000;
  return x;
}

model_info test_gpt_5(model_info x) {
  x.base_instructions = bundled_instructions("c");
  x.experimental_supported_tools = {"grep_files", "list_dir", "read_file", "test_sync_tool"};
  x.supports_parallel_tool_calls = true;
  x.supports_reasoning_summaries = true;
  x.shell_type = shell_type::shell_command;
  x.support_verbosity = true;
  x.truncation_policy = {truncation_mode::tokens, 10'000};
  return x;
}

model_info experimental_model(model_info x) {
  x = general_model(std::move(x), "e");
  x.shell_type = shell_type::unified_exec;
  return x;
}

model_info gpt_5(model_info x) {
  x = reasoning_model(std::move(x));
  x.support_verbosity = true;
  return x;
}

struct row {
  std::string_view prefix;
  model_info (*make)(model_info);
};

// The first match counts, so longer prefixes come before the shorter ones that they begin with.
constexpr auto rows = std::to_array<row>({
  {"o3", o_series},
  {"o4-mini", o_series},
  {"codex-mini-latest", codex_mini_latest},
  {"gpt-4.1", [](model_info x) { return chat_model(std::move(x), 1'047'576); }},
  {"gpt-oss", gpt_oss},
  {"openai/gpt-oss", gpt_oss},
  {"gpt-4o", [](model_info x) { return chat_model(std::move(x), 128'000); }},
  {"gpt-3.5", [](model_info x) { return chat_model(std::move(x), 16'385); }},
  {"test-gpt-5", test_gpt_5},
  {"exp-codex", [](model_info x) { return with_messages(coding_model(std::move(x), "a")); }},
  {"codex-1p", [](model_info x) { return with_messages(coding_model(std::move(x), "a")); }},
  {"exp-", experimental_model},
  {"gpt-5.2-codex",
   [](model_info x) { return with_xhigh(with_messages(coding_model(std::move(x), "a"))); }},
  {"bengalfox",
   [](model_info x) { return with_xhigh(with_messages(coding_model(std::move(x), "a"))); }},
  {"gpt-5.1-codex-max", [](model_info x) { return with_xhigh(coding_model(std::move(x), "a")); }},
  {"gpt-5-codex", [](model_info x) { return coding_model(std::move(x), "c"); }},
  {"gpt-5.1-codex", [](model_info x) { return coding_model(std::move(x), "c"); }},
  {"codex-", [](model_info x) { return coding_model(std::move(x), "c"); }},
  {"gpt-5.2", [](model_info x) { return with_xhigh(general_model(std::move(x), "b")); }},
  {"boomslang", [](model_info x) { return with_xhigh(general_model(std::move(x), "b")); }},
  {"gpt-5.1", [](model_info x) { return general_model(std::move(x), "d"); }},
  {"gpt-5", gpt_5},
});

const row* find_row(std::string_view slug) {
  const auto found =
    std::ranges::find_if(rows, [&](const row& x) { return slug.starts_with(x.prefix); });
  return found == rows.end() ? nullptr : &*found;
}

} // namespace

model_info fallback_model(std::string_view slug) {
  if (const auto* row = find_row(slug))
    return row->make(base(slug));
  auto x = base(slug);
  x.context_window.reset();
  x.supported_reasoning_levels.clear();
  return x;
}

bool is_unknown_model(std::string_view slug) {
  return find_row(slug) == nullptr;
}

} // namespace troupe::config
