#include "apps/sim/text_template.hpp"
#include "apps/sim/json_text.hpp"
#include "apps/sim/request_view.hpp"
#include "apps/sim/utf8.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr std::size_t max_clipped_bytes = 2000;
constexpr std::string_view blanks = " \t\r\n";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string clipped(const std::string& text) {
  const auto front = utf8_prefix(text, max_clipped_bytes);
  return front.size() == text.size() ? text : std::string{front} + " ...";
}

// Every line with `sign` in front, as in a patch; the final line feed goes.
std::string prefixed(std::string_view text, char sign) {
  if (text.ends_with('\n'))
    text.remove_suffix(1);
  std::string result(1, sign);
  for (const char c : text) {
    result += c;
    if (c == '\n')
      result += sign;
  }
  return result;
}

std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + '\'';
}

std::string group_text(std::span<const std::string_view> groups, std::size_t index) {
  std::string result;
  if (index < groups.size())
    append_valid_utf8(result, groups[index]); // a group may begin inside a broken sequence
  return result;
}

std::string chosen_text(const choice_list& list, std::size_t field, const template_values& values) {
  auto draw = (list.scope == choice_scope::request ? values.request_choice : values.thread_choice)
                .of("random")
                .of(list.name);
  if (list.scope == choice_scope::turn)
    draw = draw.of(values.request->turn);
  return list.rows.empty() ? std::string{} : list.rows[draw.pick(list.rows.size())][field];
}

} // namespace

std::string text_template::value_of(const piece& x, const template_values& values) {
  const auto& request = *values.request;
  const auto& output = request.last_output;
  switch (x.what) {
  case source::literal: return x.text;
  case source::last_user: return request.last_user;
  case source::first_user: return request.first_user;
  case source::tool_output: return output ? output->text : std::string{};
  case source::tool_body: return output ? std::string{output->body()} : std::string{};
  case source::tool_name: return output ? output->tool : std::string{};
  case source::exit_code:
    return output && output->exit_code ? std::to_string(*output->exit_code) : std::string{};
  case source::cwd: return request.cwd;
  case source::model: return request.model;
  case source::thread: return std::string{values.thread};
  case source::turn: return std::to_string(request.turn);
  case source::request: return std::to_string(values.request_number);
  case source::attempt: return std::to_string(values.attempt);
  case source::outputs: return std::to_string(request.outputs);
  case source::seed: return std::to_string(values.seed);
  case source::user_group: return group_text(values.user_groups, x.index);
  case source::output_group: return group_text(values.output_groups, x.index);
  case source::choice: return chosen_text(values.lists[x.index], x.field, values);
  }
  return {}; // unreachable; keeps GCC content
}

std::string text_template::filtered(std::string text, filter how) {
  switch (how) {
  case filter::trim: return trimmed(text);
  case filter::first_line: return text.substr(0, text.find('\n'));
  case filter::last_line: {
    const auto body = trimmed(text);
    return body.substr(body.rfind('\n') + 1); // npos + 1 is 0
  }
  case filter::clip: return clipped(text);
  case filter::plus: return prefixed(text, '+');
  case filter::minus: return prefixed(text, '-');
  case filter::shell: return shell_quoted(text);
  case filter::json: return escaped_json(text);
  }
  return text; // unreachable; keeps GCC content
}

void text_template::append_literal(std::string_view text) {
  if (text.empty())
    return;
  if (!pieces_.empty() && pieces_.back().what == source::literal &&
      pieces_.back().filters.empty()) {
    pieces_.back().text += text;
    return;
  }
  piece x;
  x.text = text;
  pieces_.push_back(std::move(x));
}

void text_template::append_inside_json_string(const text_template& inner) {
  for (auto x : inner.pieces_) {
    if (x.what == source::literal) {
      append_literal(filtered(std::move(x.text), filter::json));
      continue;
    }
    x.filters.push_back(filter::json);
    pieces_.push_back(std::move(x));
  }
}

bool text_template::is_constant() const {
  return std::ranges::all_of(pieces_, [](const piece& x) { return x.what == source::literal; });
}

std::string text_template::expand(const template_values& values) const {
  std::string result;
  for (const auto& x : pieces_) {
    if (x.what == source::literal) {
      result += x.text;
    } else {
      auto text = value_of(x, values);
      for (const auto how : x.filters)
        text = filtered(std::move(text), how);
      result += text;
    }
    if (result.size() > max_expanded_bytes)
      return std::string{utf8_prefix(result, max_expanded_bytes)};
  }
  return result;
}

} // namespace troupe::sim
