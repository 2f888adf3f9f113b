#include "apps/sim/rule_reader.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe::sim {

namespace {

/// Writes a TOML value as JSON whose strings are templates.
class argument_writer {
public:
  argument_writer(field_reader& from, const template_scope& scope) : from_(from), scope_(scope) {}

  text_template write(const config::setting& x) {
    value(x);
    return std::move(out_);
  }

private:
  void value(const config::setting& x) {
    std::visit([this](const auto& v) { write_value(v); }, x.value);
  }

  void write_value(const std::string& v) {
    out_.append_literal("\"");
    out_.append_inside_json_string(compile_text(from_, "arguments", v, scope_));
    out_.append_literal("\"");
  }

  void write_value(std::int64_t v) { out_.append_literal(std::to_string(v)); }
  // JSON has no infinity and no NaN.
  void write_value(double v) {
    out_.append_literal(std::isfinite(v) ? fmt::format("{}", v) : "null");
  }
  void write_value(bool v) { out_.append_literal(v ? "true" : "false"); }
  void write_value(const config::date_text& v) { write_value(v.text); }

  void write_value(const config::setting_list& v) {
    std::string_view separator = "[";
    for (const auto& element : v) {
      out_.append_literal(separator);
      value(element);
      separator = ",";
    }
    out_.append_literal(v.empty() ? "[]" : "]");
  }

  void write_value(const config::setting_table& v) {
    std::string_view separator = "{";
    for (const auto& [key, member] : v) {
      std::string name;
      append_json_string(name, key);
      out_.append_literal(separator);
      out_.append_literal(name + ":");
      value(member);
      separator = ",";
    }
    out_.append_literal(v.empty() ? "{}" : "}");
  }

  field_reader& from_;
  const template_scope& scope_;
  text_template out_;
};

text_template read_template(field_reader& from, std::string_view key, const template_scope& scope) {
  const auto text = from.text(key);
  return text ? compile_text(from, key, *text, scope) : text_template{};
}

reply_item read_message(field_reader& from, const template_scope& scope) {
  message_reply result{read_template(from, "message", scope), from.text("phase").value_or("")};
  if (!result.phase.empty() && result.phase != "commentary" && result.phase != "final_answer")
    from.refuse("phase", "expected \"commentary\" or \"final_answer\"");
  return result;
}

reply_item read_reasoning(field_reader& from, const template_scope& scope) {
  reasoning_reply result;
  for (const auto& part : from.texts("reasoning"))
    result.summary.push_back(compile_text(from, "reasoning", part, scope));
  result.content = read_template(from, "content", scope);
  return result;
}

// A table is written as JSON; a string is taken as it is, so that a scenario can send bad JSON.
reply_item read_call(field_reader& from, const template_scope& scope) {
  call_reply result;
  result.tool = from.text("call").value_or("");
  const auto* arguments = from.find("arguments");
  if (arguments == nullptr)
    result.arguments.append_literal("{}");
  else if (std::holds_alternative<config::setting_table>(arguments->value))
    result.arguments = argument_writer{from, scope}.write(*arguments);
  else
    result.arguments = read_template(from, "arguments", scope);
  return result;
}

reply_item read_custom(field_reader& from, const template_scope& scope) {
  return custom_reply{from.text("custom").value_or(""), read_template(from, "input", scope)};
}

reply_item read_patch(field_reader& from, const template_scope& scope) {
  return patch_reply{read_template(from, "patch", scope)};
}

reply_item read_run(field_reader& from, const template_scope& scope) {
  run_reply result;
  result.command = read_template(from, "run", scope);
  result.workdir = read_template(from, "workdir", scope);
  result.timeout_ms = from.integer("timeout_ms");
  result.yield_time_ms = from.integer("yield_time_ms");
  return result;
}

reply_item read_schema(field_reader& from, const template_scope&) {
  if (from.boolean("schema_instance") == false)
    from.refuse("schema_instance", "only true makes sense");
  return schema_reply{};
}

reply_item read_search(field_reader& from, const template_scope& scope) {
  return search_reply{read_template(from, "web_search", scope)};
}

reply_item read_event(field_reader& from, const template_scope& scope) {
  return event_reply{read_template(from, "event", scope)};
}

struct reply_kind {
  std::string_view key;
  reply_item (*read)(field_reader&, const template_scope&);
};

constexpr auto reply_kinds = std::to_array<reply_kind>({{"message", read_message},
                                                        {"reasoning", read_reasoning},
                                                        {"call", read_call},
                                                        {"custom", read_custom},
                                                        {"patch", read_patch},
                                                        {"run", read_run},
                                                        {"schema_instance", read_schema},
                                                        {"web_search", read_search},
                                                        {"event", read_event}});

std::optional<reply_item> read_item(field_reader& from, const template_scope& scope) {
  const auto keys = from.keys();
  const auto kind = std::ranges::find_if(
    reply_kinds, [&](const auto& x) { return std::ranges::find(keys, x.key) != keys.end(); });
  if (kind == reply_kinds.end()) {
    std::vector<std::string_view> known;
    for (const auto& x : reply_kinds)
      known.push_back(x.key);
    from.errors().refuse(from.where(), fmt::format("{}: one of these keys says what is replied: {}",
                                                   from.path(), fmt::join(known, ", ")));
    return std::nullopt;
  }
  auto result = kind->read(from, scope);
  from.finish();
  return result;
}

} // namespace

text_template compile_text(field_reader& from, std::string_view key, std::string_view text,
                           const template_scope& scope) {
  auto compiled = text_template::compile(text, scope);
  if (const auto* error = std::get_if<template_error>(&compiled)) {
    from.refuse(key, fmt::format("{} (at byte {} of the text)", error->message, error->offset));
    return {};
  }
  return std::move(std::get<text_template>(compiled));
}

std::vector<reply_item> read_reply(field_reader& rule_fields, const template_scope& scope) {
  std::vector<reply_item> result;
  for (auto& fields : rule_fields.tables("reply"))
    if (auto item = read_item(fields, scope))
      result.push_back(std::move(*item));
  return result;
}

std::vector<std::pair<std::string, text_template>> read_headers(field_reader& from,
                                                                const template_scope& scope) {
  std::vector<std::pair<std::string, text_template>> result;
  for (const auto& [name, text] : from.text_pairs("headers"))
    result.emplace_back(name, compile_text(from, "headers", text, scope));
  return result;
}

} // namespace troupe::sim
