#include "apps/run/task_reader.hpp"

#include "config/suggestion.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace troupe::run {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 10> known_keys{
  "id",       "prompt", "cwd",     "template",      "model",
  "identity", "mode",   "sandbox", "output_schema", "tags"};

constexpr std::size_t max_id_bytes = 100;

shared_text text_of(const json::value& x) {
  std::string out;
  append_json(out, x);
  return shared_text{std::move(out)};
}

class reader {
public:
  reader(const raw_task& raw, const fs::path& base) : raw_(raw), fields_(raw.fields), base_(base) {
    out_.value.line = raw.line;
  }

  std::variant<checked_task, std::vector<task_error>> read() {
    refuse_unknown_keys();
    read_id();
    read_prompt();
    read_places();
    read_settings();
    read_schema();
    read_tags();
    if (!errors_.empty())
      return std::move(errors_);
    return std::move(out_);
  }

private:
  void refuse_unknown_keys() {
    for (const auto& [key, value] : fields_)
      if (std::ranges::find(known_keys, std::string_view{key}) == known_keys.end())
        refuse(key, fmt::format("unknown key \"{}\"{}", std::string_view{key},
                                config::suggestion(key, known_keys)));
  }

  void read_id() {
    if (const auto* number = fields_.if_contains("id"); number != nullptr && number->is_int64())
      out_.value.id = fmt::to_string(number->get_int64());
    else if (const auto text = string_field("id"))
      out_.value.id = *text;
    else
      return;
    if (!is_valid_task_id(out_.value.id))
      refuse("id", fmt::format("\"id\" is \"{}\", but ids name folders: letters, digits, "
                               "'.', '_' and '-', at most {} of them",
                               out_.value.id, max_id_bytes));
  }

  void read_prompt() {
    if (!fields_.contains("prompt"))
      refuse("", "\"prompt\" is missing");
    else if (auto text = string_field("prompt"))
      out_.value.prompt = *std::move(text);
  }

  void read_places() {
    out_.value.cwd = path_field("cwd");
    out_.value.template_folder = path_field("template");
    if (fields_.contains("cwd") && fields_.contains("template"))
      refuse("cwd", "\"cwd\" and \"template\" exclude each other: a task works in a folder "
                    "of yours or in a copy");
  }

  void read_settings() {
    out_.value.model = string_field("model");
    out_.value.identity = choice_field<identity_kind>("identity");
    out_.value.mode = choice_field<mode_kind>("mode");
    const auto text = string_field("sandbox");
    if (!text)
      return;
    out_.value.sandbox = parse_enum<troupe::sandbox_mode>(*text);
    if (!out_.value.sandbox || *out_.value.sandbox == sandbox_mode::external_sandbox)
      refuse("sandbox", fmt::format("\"sandbox\" is \"{}\"; it can be read-only, workspace-write "
                                    "or danger-full-access",
                                    *text));
  }

  void read_schema() {
    const auto* field = fields_.if_contains("output_schema");
    if (field == nullptr)
      return;
    if (field->is_object())
      out_.value.output_schema_json = text_of(*field);
    else if (field->is_string())
      out_.schema = schema_file{absolute(field->get_string())};
    else
      refuse("output_schema", "\"output_schema\" must be a JSON Schema or the path of one");
  }

  void read_tags() {
    const auto* field = fields_.if_contains("tags");
    if (field == nullptr)
      return;
    const auto* list = field->if_array();
    if (list == nullptr || !std::ranges::all_of(*list, &json::value::is_string)) {
      refuse("tags", "\"tags\" must be a list of strings");
      return;
    }
    for (const auto& tag : *list)
      out_.value.tags.emplace_back(tag.get_string());
  }

  std::optional<std::string> string_field(std::string_view key) {
    const auto* field = fields_.if_contains(key);
    if (field == nullptr)
      return std::nullopt;
    if (const auto* text = field->if_string(); text != nullptr && !text->empty())
      return std::string{*text};
    refuse(key, fmt::format("\"{}\" must be a string that is not empty", key));
    return std::nullopt;
  }

  template <wire_enum Enum>
  std::optional<Enum> choice_field(std::string_view key) {
    const auto text = string_field(key);
    auto result = text ? parse_enum<Enum>(*text) : std::nullopt;
    if (text && !result)
      refuse(key, fmt::format("\"{}\" is \"{}\"; it can be {}", key, *text,
                              fmt::join(enum_texts<Enum>::values, ", ")));
    return result;
  }

  std::optional<fs::path> path_field(std::string_view key) {
    const auto text = string_field(key);
    return text ? std::optional{absolute(*text)} : std::nullopt;
  }

  fs::path absolute(std::string_view text) const { return (base_ / text).lexically_normal(); }

  /// `key`: what it is about; one that is not there stands where the task does.
  void refuse(std::string_view key, std::string text) {
    const auto known = raw_.key_lines.find(std::string{key});
    errors_.push_back({known == raw_.key_lines.end() ? raw_.line : known->second, std::move(text)});
  }

  const raw_task& raw_;
  const json::object& fields_;
  const fs::path& base_;
  checked_task out_;
  std::vector<task_error> errors_;
};

} // namespace

std::variant<checked_task, std::vector<task_error>> read_task(const raw_task& raw,
                                                              const fs::path& base) {
  return reader{raw, base}.read();
}

bool is_valid_task_id(std::string_view id) {
  constexpr std::string_view marks = "._-";
  const auto is_allowed = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= max_id_bytes && id.front() != '.' &&
         std::ranges::all_of(id, is_allowed);
}

} // namespace troupe::run
