#include "config/toml_reader.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace troupe::config {

namespace {

struct place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Looks for the first place that nests too deep, before the parser builds anything. It only needs
/// to tell strings and comments from structure; whether the text is TOML at all is the parser's
/// business.
class depth_check {
public:
  explicit depth_check(std::string_view text) : rest_(text) {}

  std::optional<place> run() {
    while (!rest_.empty()) {
      if (!step())
        return at_;
    }
    return std::nullopt;
  }

private:
  // False: too deep here.
  bool step() {
    switch (rest_.front()) {
    case '"':
    case '\'': skip_string(rest_.front()); return true;
    case '#': skip_to_newline(); return true;
    case '[':
    case '{': ++brackets_; break;
    case ']':
    case '}': brackets_ -= brackets_ > 0 ? 1 : 0; break;
    case '.': ++dots_; break;
    case ',':
    case '=':
    case '\n': break;
    default: advance(1); return true;
    }
    if (rest_.front() != '.')
      dots_ = 0;
    if (brackets_ > max_nesting || dots_ >= max_key_parts)
      return false;
    advance(1);
    return true;
  }

  void skip_string(char quote) {
    const std::string fence(3, quote);
    const auto multi_line = rest_.starts_with(fence);
    advance(multi_line ? 3 : 1);
    while (!rest_.empty()) {
      if (multi_line ? rest_.starts_with(fence) : rest_.front() == quote)
        return advance(multi_line ? 3 : 1);
      if (!multi_line && rest_.front() == '\n')
        return; // not TOML; the parser says so
      advance(quote == '"' && rest_.front() == '\\' ? 2 : 1);
    }
  }

  void skip_to_newline() {
    while (!rest_.empty() && rest_.front() != '\n')
      advance(1);
  }

  void advance(std::size_t count) {
    for (; count > 0 && !rest_.empty(); --count) {
      if (rest_.front() == '\n')
        at_ = {at_.line + 1, 1};
      else
        ++at_.column;
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  place at_;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
};

class converter {
public:
  explicit converter(std::shared_ptr<const settings_source> source) : source_(std::move(source)) {}

  setting_table table(const toml::table& from) const {
    setting_table result;
    for (const auto& [key, node] : from)
      result.emplace(std::string{key.str()}, value(node));
    return result;
  }

private:
  setting value(const toml::node& from) const {
    const auto& begin = from.source().begin;
    setting result{{}, {source_, begin.line, begin.column}};
    from.visit([&](const auto& node) { result.value = plain(node); });
    return result;
  }

  template <class Node>
  decltype(setting::value) plain(const Node& node) const {
    if constexpr (toml::is_table<Node>) {
      return table(node);
    } else if constexpr (toml::is_array<Node>) {
      setting_list result;
      for (const auto& element : node)
        result.push_back(value(element));
      return result;
    } else if constexpr (toml::is_date<Node> || toml::is_time<Node> || toml::is_date_time<Node>) {
      std::ostringstream text;
      text << node.get();
      return date_text{text.str()};
    } else {
      return node.get();
    }
  }

  std::shared_ptr<const settings_source> source_;
};

} // namespace

std::variant<setting_table, config_error>
parse_toml(const std::shared_ptr<const settings_source>& source) {
  if (const auto deep = depth_check{source->text}.run())
    return error_at({source, deep->line, deep->column},
                    fmt::format("nested too deep; at most {} brackets and {} parts of a key",
                                max_nesting, max_key_parts));
  try {
    return converter{source}.table(toml::parse(std::string_view{source->text}));
  } catch (const toml::parse_error& problem) {
    const auto& begin = problem.source().begin;
    return error_at({source, begin.line, begin.column}, problem.description());
  }
}

} // namespace troupe::config
