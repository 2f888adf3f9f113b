#include "messages/json/mode_json.hpp"

#include "messages/json/object_reader.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace troupe {

namespace {

void write_text_or_null(json_writer& out, std::string_view name,
                        std::optional<std::string_view> text) {
  out.key(name);
  text ? out.text(*text) : out.null();
}

template <class T>
std::optional<std::string_view> shown(const std::optional<T>& x) {
  if constexpr (wire_enum<T>)
    return x ? std::optional{to_text(*x)} : std::nullopt;
  else
    return x ? std::optional{std::string_view{*x}} : std::nullopt;
}

template <class T>
std::optional<std::string_view> shown(const setting_change<T>& x) {
  if (x.kind != setting_change_kind::set)
    return std::nullopt;
  if constexpr (wire_enum<T>)
    return to_text(x.value);
  else
    return x.value;
}

std::optional<std::string> owned(std::optional<std::string_view> x) {
  return x ? std::optional{std::string{*x}} : std::nullopt;
}

/// Absent and null are none; any other word must be known.
std::optional<reasoning_effort> read_effort(object_reader& from) {
  const auto word = from.optional_text("reasoning_effort");
  const auto result = word ? parse_enum<reasoning_effort>(*word) : std::nullopt;
  if (word && !result)
    from.fail();
  return result;
}

template <class T>
setting_change<T> set_or_keep(std::optional<T> x) {
  return x ? setting_change<T>::to(*std::move(x)) : setting_change<T>{};
}

} // namespace

void append_collaboration_mode(json_writer& out, const collaboration_mode& x) {
  out.begin_object().member("mode", to_text(x.mode)).key("settings").begin_object();
  out.member("model", std::string_view{x.settings.model});
  write_text_or_null(out, "reasoning_effort", shown(x.settings.reasoning_effort));
  write_text_or_null(out, "developer_instructions", shown(x.settings.developer_instructions));
  out.end_object().end_object();
}

std::optional<collaboration_mode> parse_collaboration_mode(const boost::json::value& x) {
  object_reader in{x};
  const auto kind = parse_mode_kind(in.text("mode"));
  const auto* settings = in.optional_object("settings");
  if (in.failed() || !kind || settings == nullptr)
    return std::nullopt;
  object_reader from{*settings};
  collaboration_mode result;
  result.mode = *kind;
  result.settings.model = from.text("model");
  result.settings.reasoning_effort = read_effort(from);
  result.settings.developer_instructions = owned(from.optional_text("developer_instructions"));
  return from.failed() ? std::nullopt : std::optional{std::move(result)};
}

void append_collaboration_mask(json_writer& out, const collaboration_mask& x) {
  out.begin_object().member("name", std::string_view{x.name});
  write_text_or_null(out, "mode", shown(x.mode));
  write_text_or_null(out, "model", shown(x.settings.model));
  write_text_or_null(out, "reasoning_effort", shown(x.settings.reasoning_effort));
  write_text_or_null(out, "developer_instructions", shown(x.settings.developer_instructions));
  out.end_object();
}

std::optional<collaboration_mask> parse_collaboration_mask(const boost::json::value& x) {
  object_reader in{x};
  collaboration_mask result;
  result.name = in.text("name");
  if (const auto mode = in.optional_text("mode")) {
    result.mode = parse_mode_kind(*mode);
    if (!result.mode)
      in.fail();
  }
  result.settings.model = owned(in.optional_text("model"));
  result.settings.reasoning_effort = set_or_keep(read_effort(in));
  result.settings.developer_instructions =
    set_or_keep(owned(in.optional_text("developer_instructions")));
  return in.failed() ? std::nullopt : std::optional{std::move(result)};
}

} // namespace troupe
