#include "apps/sim/text_template.hpp"
#include "config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace troupe::sim {

namespace {

constexpr std::size_t max_places = 1000;
constexpr std::size_t max_filters = 4; // each may multiply the length of a text

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The part before the separator; it and the separator leave `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto result = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return result;
}

} // namespace

/// Turns the text of a template into its pieces.
class template_compiler {
public:
  template_compiler(std::string_view text, const template_scope& scope)
    : text_(text), scope_(scope) {}

  std::variant<text_template, template_error> run() {
    text_template result;
    std::size_t at = 0;
    for (std::size_t places = 0; !error_; ++places) {
      const auto open = text_.find("{{", at);
      result.append_literal(text_.substr(at, open - at));
      if (open == std::string_view::npos)
        return result;
      offset_ = open;
      const auto close = text_.find("}}", open);
      if (close == std::string_view::npos)
        fail("\"{{\" without \"}}\"; for the two braces themselves write {{braces}}");
      else if (places == max_places)
        fail("too many places");
      else
        add(text_.substr(open + 2, close - open - 2), result);
      at = close + 2;
    }
    return *error_;
  }

private:
  using source = text_template::source;
  using filter = text_template::filter;
  using piece = text_template::piece;

  struct named_source {
    std::string_view name;
    source what;
  };

  // clang-format off
  static constexpr auto sources = std::to_array<named_source>({
    {"last_user", source::last_user}, {"first_user", source::first_user},
    {"tool_output", source::tool_output}, {"tool_body", source::tool_body},
    {"tool_name", source::tool_name}, {"exit_code", source::exit_code}, {"cwd", source::cwd},
    {"model", source::model}, {"thread", source::thread}, {"turn", source::turn},
    {"request", source::request}, {"attempt", source::attempt}, {"outputs", source::outputs},
    {"seed", source::seed}});
  static constexpr auto filters = std::to_array<std::string_view>(
    {"trim", "first_line", "last_line", "clip", "plus", "minus", "shell", "json"});
  // clang-format on

  void fail(std::string message) {
    if (!error_)
      error_ = template_error{offset_, std::move(message)};
  }

  void add(std::string_view inside, text_template& out) {
    const auto name = trimmed(take_until(inside, '|'));
    if (name == "braces") {
      out.append_literal("{{");
      return;
    }
    piece x;
    resolve(name, x);
    while (!inside.empty() && !error_)
      add_filter(trimmed(take_until(inside, '|')), x);
    out.pieces_.push_back(std::move(x));
  }

  void add_filter(std::string_view name, piece& x) {
    const auto known = std::ranges::find(filters, name);
    if (known == filters.end())
      return fail(fmt::format("unknown filter \"{}\"{}", name, config::suggestion(name, filters)));
    if (x.filters.size() == max_filters)
      return fail("more than four filters");
    x.filters.push_back(static_cast<filter>(known - filters.begin()));
  }

  void resolve(std::string_view name, piece& x) {
    const auto known = std::ranges::find(sources, name, &named_source::name);
    if (known != sources.end()) {
      x.what = known->what;
      return;
    }
    auto rest = name;
    const auto family = take_until(rest, '.');
    if (family == "capture")
      return resolve_group(scope_.has_user_pattern ? "user" : "output", rest, x);
    if (family == "user" || family == "output")
      return resolve_group(family, rest, x);
    if (family == "random")
      return resolve_choice(rest, x);
    fail(fmt::format("unknown name \"{}\"{}", name, config::suggestion(name, all_names())));
  }

  static std::vector<std::string_view> all_names() {
    std::vector<std::string_view> result{"capture.1", "user.1", "output.1", "random.NAME",
                                         "braces"};
    for (const auto& x : sources)
      result.push_back(x.name);
    return result;
  }

  void resolve_group(std::string_view family, std::string_view number, piece& x) {
    const bool of_user = family == "user";
    const bool has_pattern = of_user ? scope_.has_user_pattern : scope_.has_output_pattern;
    const auto groups = of_user ? scope_.user_groups : scope_.output_groups;
    const auto [stop, problem] =
      std::from_chars(number.data(), number.data() + number.size(), x.index);
    x.what = of_user ? source::user_group : source::output_group;
    if (problem != std::errc{} || stop != number.data() + number.size())
      fail(fmt::format("\"{}\" is not the number of a group", number));
    else if (!has_pattern)
      fail("a group, but the rule has no pattern it could come from (when.user, when.output)");
    else if (x.index > groups)
      fail(fmt::format("group {}, but the pattern when.{} has only {}", x.index, family, groups));
  }

  void resolve_choice(std::string_view path, piece& x) {
    const auto name = take_until(path, '.');
    const auto list = std::ranges::find(scope_.lists, name, &choice_list::name);
    x.what = source::choice;
    if (list == scope_.lists.end()) {
      std::vector<std::string_view> known;
      for (const auto& each : scope_.lists)
        known.push_back(each.name);
      return fail(fmt::format("there is no [random.{}]{}", name, config::suggestion(name, known)));
    }
    x.index = static_cast<std::size_t>(list - scope_.lists.begin());
    if (list->fields.empty() && path.empty())
      return;
    const auto field = std::ranges::find(list->fields, path);
    if (field == list->fields.end()) {
      const std::vector<std::string_view> known(list->fields.begin(), list->fields.end());
      return fail(list->fields.empty()
                    ? fmt::format("the choices of random.{} have no fields", name)
                    : fmt::format("the choices of random.{} have no field \"{}\"{}", name, path,
                                  config::suggestion(path, known)));
    }
    x.field = static_cast<std::size_t>(field - list->fields.begin());
  }

  std::string_view text_;
  const template_scope& scope_;
  std::size_t offset_ = 0;
  std::optional<template_error> error_;
};

std::variant<text_template, template_error> text_template::compile(std::string_view text,
                                                                   const template_scope& scope) {
  return template_compiler{text, scope}.run();
}

} // namespace troupe::sim
