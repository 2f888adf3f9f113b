#include "config/catalogue.hpp"

#include "config/bundled_instructions.hpp"
#include "config/embedded.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::config {

namespace {

constexpr std::string_view placeholder = "{{ personality }}";

// The file names a group of instructions where other catalogues hold the text.
catalogue parse_bundled() {
  auto parsed = parse_catalogue(embedded_text("models.json"), catalogue_form::strict);
  auto* models = std::get_if<catalogue>(&parsed);
  if (models == nullptr)
    return {}; // cannot be: a test parses it
  for (auto& x : *models)
    x.base_instructions = bundled_instructions(x.base_instructions.view());
  return std::move(*models);
}

std::string_view personality_text(const model_messages& messages, std::optional<personality> p) {
  const auto view = [](const std::optional<std::string>& text) {
    return text ? std::string_view{*text} : std::string_view{};
  };
  if (!p)
    return view(messages.personality_default);
  switch (*p) {
  case personality::none: return {};
  case personality::friendly: return view(messages.personality_friendly);
  case personality::pragmatic: return view(messages.personality_pragmatic);
  }
  return {};
}

truncation_policy limited(truncation_policy x, std::int64_t tokens) {
  constexpr std::int64_t bytes_per_token = 4;
  x.limit = x.mode == truncation_mode::bytes ? tokens * bytes_per_token : tokens;
  return x;
}

std::optional<std::int64_t> token_count(std::optional<std::int64_t> x) {
  return x ? std::optional{std::clamp<std::int64_t>(*x, 0, max_token_count)} : std::nullopt;
}

} // namespace

std::variant<catalogue, catalogue_error> read_catalogue_file(const std::filesystem::path& file) {
  const auto text = read_text_file(file, max_catalogue_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text))
    return catalogue_error{fmt::format("{}: {}", file.string(), error->message())};
  auto parsed = parse_catalogue(std::get<std::string>(text), catalogue_form::file);
  if (const auto* error = std::get_if<catalogue_error>(&parsed))
    return catalogue_error{fmt::format("{}: {}", file.string(), error->message)};
  return parsed;
}

const catalogue& bundled_catalogue() {
  static const auto models = parse_bundled();
  return models;
}

catalogue merge_catalogues(catalogue base, std::span<const model_info> incoming) {
  for (const auto& x : incoming) {
    const auto found = std::ranges::find(base, x.slug, &model_info::slug);
    if (found == base.end())
      base.push_back(x);
    else
      *found = x;
  }
  return base;
}

const model_info* find_model(std::span<const model_info> models, std::string_view slug) {
  const auto found = std::ranges::find(models, slug, &model_info::slug);
  return found == models.end() ? nullptr : &*found;
}

model_info with_overrides(model_info x, const model_overrides& settings) {
  x.supports_reasoning_summaries =
    settings.supports_reasoning_summaries.value_or(x.supports_reasoning_summaries);
  if (const auto window = token_count(settings.context_window))
    x.context_window = window;
  if (const auto limit = token_count(settings.auto_compact_token_limit))
    x.auto_compact_token_limit = limit;
  if (const auto limit = token_count(settings.tool_output_token_limit))
    x.truncation_policy = limited(x.truncation_policy, *limit);
  if (!settings.base_instructions.empty()) {
    x.base_instructions = settings.base_instructions;
    x.model_messages.reset();
  }
  return x;
}

model_overrides overrides_of(const config& from) {
  model_overrides result;
  result.supports_reasoning_summaries = from.model_supports_reasoning_summaries;
  result.context_window = from.model_context_window;
  result.auto_compact_token_limit = from.model_auto_compact_token_limit;
  result.tool_output_token_limit = from.tool_output_token_limit;
  result.base_instructions = shared_text{from.base_instructions.value_or("")};
  result.personality = from.personality;
  result.keeps_messages = from.features.enabled(feature::personality);
  return result;
}

model_info describe_model(std::span<const model_info> models, std::string_view slug,
                          const model_overrides& settings, const feature_set& features) {
  const auto* known = features.enabled(feature::remote_models) ? find_model(models, slug) : nullptr;
  auto result = with_overrides(known ? *known : fallback_model(slug), settings);
  if (!settings.keeps_messages || !features.enabled(feature::personality))
    result.model_messages.reset();
  return result;
}

bool supports_personality(const model_info& x) {
  const auto& m = x.model_messages;
  return m && m->instructions_template &&
         m->instructions_template->find(placeholder) != std::string::npos &&
         m->personality_default && m->personality_friendly && m->personality_pragmatic;
}

shared_text instructions_for(const model_info& x, std::optional<personality> p) {
  if (!x.model_messages || !x.model_messages->instructions_template)
    return x.base_instructions;
  const auto inserted = personality_text(*x.model_messages, p);
  std::string_view rest = *x.model_messages->instructions_template;
  std::string text;
  for (auto at = rest.find(placeholder); at != rest.npos; at = rest.find(placeholder)) {
    text += rest.substr(0, at);
    text += inserted;
    rest.remove_prefix(at + placeholder.size());
  }
  text += rest;
  return shared_text{std::move(text)};
}

} // namespace troupe::config
