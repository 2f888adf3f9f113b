#include "config/bundled_instructions.hpp"

#include "config/embedded.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace troupe::config {

namespace {

/// A group's file is an opening paragraph and sections; the core that all share goes in between.
struct group_text {
  std::string_view opening;
  std::string_view sections;
};

group_text split(std::string_view text) {
  const auto end = text.find("\n\n");
  if (end == std::string_view::npos)
    return {trimmed(text), {}};
  return {trimmed(text.substr(0, end)), trimmed(text.substr(end))};
}

std::string compose(std::string_view group, std::string_view after_opening) {
  const auto [opening, sections] = split(embedded_text(fmt::format("instructions/{}.md", group)));
  return fmt::format("{}\n\n{}{}\n\n{}\n", opening, after_opening,
                     trimmed(embedded_text("instructions/core.md")), sections);
}

std::map<std::string, shared_text, std::less<>> compose_all() {
  std::map<std::string, shared_text, std::less<>> result;
  for (const auto* group : {"a", "b", "c", "d", "e"})
    result.emplace(group, shared_text{compose(group, "")});
  const auto patch = trimmed(embedded_text("instructions/patch.md"));
  result.emplace("e+patch", shared_text{fmt::format("{}\n{}\n", compose("e", ""), patch)});
  return result;
}

} // namespace

const shared_text& bundled_instructions(std::string_view group) {
  static const auto texts = compose_all();
  static const shared_text none;
  const auto found = texts.find(group);
  return found == texts.end() ? none : found->second;
}

const model_messages& bundled_messages() {
  static const model_messages messages{
    .instructions_template = compose("a", "{{ personality }}\n\n"),
    .personality_default = "",
    .personality_friendly =
      std::string{trimmed(embedded_text("instructions/personality_friendly.md"))},
    .personality_pragmatic =
      std::string{trimmed(embedded_text("instructions/personality_pragmatic.md"))},
  };
  return messages;
}

} // namespace troupe::config
