#include "config/catalogue_json.hpp"

#include "messages/json/object_reader.hpp"
#include "messages/json/writer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace troupe::config {

namespace {

namespace json = boost::json;

/// Reads one object field by field and remembers which field failed first.
class field_reader {
public:
  template <class Json> // a json::value or a json::object, which must outlive the reader
  explicit field_reader(const Json& x) : in_(x) {}

  std::string text(std::string_view name) { return noted(name, std::string{in_.text(name)}); }

  std::optional<std::string> optional_text(std::string_view name) {
    const auto value = in_.optional_text(name);
    return noted(name, value ? std::optional{std::string{*value}} : std::nullopt);
  }

  bool boolean(std::string_view name) { return noted(name, in_.boolean(name)); }
  std::optional<bool> optional_boolean(std::string_view name) {
    return noted(name, in_.optional_boolean(name));
  }
  std::int64_t integer(std::string_view name) { return noted(name, in_.integer(name)); }

  /// A number of tokens or bytes.
  std::optional<std::int64_t> optional_count(std::string_view name) {
    const auto value = in_.optional_integer(name);
    if (value && (*value < 0 || *value > max_token_count))
      in_.fail();
    return noted(name, value);
  }
  const json::array& array(std::string_view name) { return noted(name, in_.array(name)); }
  const json::object* optional_object(std::string_view name) {
    return noted(name, in_.optional_object(name));
  }

  template <wire_enum Enum>
  Enum choice(std::string_view name) {
    return parsed<Enum>(name, in_.text(name)).value_or(Enum{});
  }

  template <wire_enum Enum>
  std::optional<Enum> optional_choice(std::string_view name) {
    const auto word = in_.optional_text(name);
    return noted(name, word ? parsed<Enum>(name, *word) : std::nullopt);
  }

  /// Absent is fine, null is not.
  bool has(std::string_view name) const { return in_.find(name) != nullptr; }

  void fail(std::string_view name) {
    in_.fail();
    noted(name, 0);
  }

  /// The first field that was missing or wrong.
  const std::optional<std::string>& bad_field() const { return bad_field_; }

private:
  template <class T>
  T noted(std::string_view name, T value) {
    if (in_.failed() && !bad_field_)
      bad_field_ = std::string{name};
    return value;
  }

  const json::array& noted(std::string_view name, const json::array& value) {
    noted(name, 0);
    return value;
  }

  template <wire_enum Enum>
  std::optional<Enum> parsed(std::string_view name, std::string_view word) {
    const auto result = parse_enum<Enum>(word);
    if (!result)
      in_.fail();
    return noted(name, result);
  }

  object_reader in_;
  std::optional<std::string> bad_field_;
};

std::vector<reasoning_level> read_levels(field_reader& from) {
  std::vector<reasoning_level> result;
  for (const auto& element : from.array("supported_reasoning_levels")) {
    field_reader level{element};
    result.push_back({level.choice<reasoning_effort>("effort"), level.text("description")});
    if (level.bad_field())
      from.fail("supported_reasoning_levels");
  }
  return result;
}

std::optional<model_upgrade> read_upgrade(field_reader& from) {
  const auto* object = from.optional_object("upgrade");
  if (object == nullptr)
    return std::nullopt;
  field_reader in{*object};
  model_upgrade result{in.text("model"), in.text("migration_markdown")};
  if (in.bad_field())
    from.fail("upgrade");
  return result;
}

std::optional<model_messages> read_messages(field_reader& from) {
  const auto* object = from.optional_object("model_messages");
  if (object == nullptr)
    return std::nullopt;
  model_messages result;
  object_reader in{*object};
  const auto copy = [](std::optional<std::string_view> text) {
    return text ? std::optional{std::string{*text}} : std::nullopt;
  };
  result.instructions_template = copy(in.optional_text("instructions_template"));
  if (const auto* variables = in.optional_object("instructions_variables")) {
    object_reader names{*variables};
    result.personality_default = copy(names.optional_text("personality_default"));
    result.personality_friendly = copy(names.optional_text("personality_friendly"));
    result.personality_pragmatic = copy(names.optional_text("personality_pragmatic"));
    if (names.failed())
      in.fail();
  }
  if (in.failed())
    from.fail("model_messages");
  return result;
}

truncation_policy read_truncation(field_reader& from) {
  const auto* object = from.optional_object("truncation_policy");
  if (object == nullptr) {
    from.fail("truncation_policy");
    return {};
  }
  field_reader in{*object};
  truncation_policy result{in.choice<truncation_mode>("mode"),
                           in.optional_count("limit").value_or(0)};
  if (in.bad_field() || !in.has("limit"))
    from.fail("truncation_policy");
  return result;
}

bool read_images(field_reader& from) {
  if (!from.has("input_modalities"))
    return true;
  bool images = false;
  for (const auto& element : from.array("input_modalities")) {
    const auto* word = element.if_string();
    if (word == nullptr || (*word != "text" && *word != "image"))
      from.fail("input_modalities");
    images = images || (word != nullptr && *word == "image");
  }
  return images;
}

std::vector<std::string> read_tools(field_reader& from) {
  std::vector<std::string> result;
  for (const auto& element : from.array("experimental_supported_tools")) {
    if (element.is_string())
      result.emplace_back(element.get_string());
    else
      from.fail("experimental_supported_tools");
  }
  return result;
}

std::int32_t read_priority(field_reader& from) {
  const auto value = from.integer("priority");
  using limits = std::numeric_limits<std::int32_t>;
  if (value < limits::min() || value > limits::max())
    from.fail("priority");
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, limits::min(), limits::max()));
}

std::int64_t read_percent(field_reader& from) {
  constexpr std::string_view name = "effective_context_window_percent";
  if (!from.has(name))
    return model_info{}.effective_context_window_percent;
  const auto value = from.integer(name);
  if (value < 0 || value > 100)
    from.fail(name);
  return value;
}

bool read_flag(field_reader& from, std::string_view name, catalogue_form form) {
  return form == catalogue_form::strict ? from.boolean(name)
                                        : from.optional_boolean(name).value_or(true);
}

model_info read_model(field_reader& from, catalogue_form form) {
  model_info x;
  x.slug = from.text("slug");
  x.display_name = from.text("display_name");
  x.description = from.optional_text("description");
  x.default_reasoning_level = from.optional_choice<reasoning_effort>("default_reasoning_level");
  x.supported_reasoning_levels = read_levels(from);
  x.shell_type = from.choice<shell_type>("shell_type");
  x.visibility = from.choice<model_visibility>("visibility");
  x.supported_in_api = from.boolean("supported_in_api");
  x.priority = read_priority(from);
  x.upgrade = read_upgrade(from);
  x.base_instructions = shared_text{from.text("base_instructions")};
  x.model_messages = read_messages(from);
  x.supports_reasoning_summaries = read_flag(from, "supports_reasoning_summaries", form);
  x.support_verbosity = from.boolean("support_verbosity");
  x.default_verbosity = from.optional_choice<verbosity>("default_verbosity");
  x.apply_patch_tool_type = from.optional_choice<patch_tool_type>("apply_patch_tool_type");
  x.truncation_policy = read_truncation(from);
  x.supports_parallel_tool_calls = read_flag(from, "supports_parallel_tool_calls", form);
  x.context_window = from.optional_count("context_window");
  x.auto_compact_token_limit = from.optional_count("auto_compact_token_limit");
  x.effective_context_window_percent = read_percent(from);
  x.experimental_supported_tools = read_tools(from);
  x.accepts_images = read_images(from);
  return x;
}

void write_text_or_null(json_writer& out, std::string_view name,
                        const std::optional<std::string>& text) {
  out.key(name);
  text ? out.text(*text) : out.null();
}

template <wire_enum Enum>
void write_choice_or_null(json_writer& out, std::string_view name, std::optional<Enum> value) {
  out.key(name);
  value ? out.text(to_text(*value)) : out.null();
}

void write_messages(json_writer& out, const model_messages& x) {
  out.key("model_messages").begin_object();
  write_text_or_null(out, "instructions_template", x.instructions_template);
  out.key("instructions_variables");
  if (x.personality_default || x.personality_friendly || x.personality_pragmatic) {
    out.begin_object();
    write_text_or_null(out, "personality_default", x.personality_default);
    write_text_or_null(out, "personality_friendly", x.personality_friendly);
    write_text_or_null(out, "personality_pragmatic", x.personality_pragmatic);
    out.end_object();
  } else {
    out.null();
  }
  out.end_object();
}

void write_reasoning(json_writer& out, const model_info& x) {
  if (x.default_reasoning_level)
    out.member("default_reasoning_level", to_text(*x.default_reasoning_level));
  out.key("supported_reasoning_levels").begin_array();
  for (const auto& level : x.supported_reasoning_levels)
    out.begin_object()
      .member("effort", to_text(level.effort))
      .member("description", std::string_view{level.description})
      .end_object();
  out.end_array();
}

void write_upgrade(json_writer& out, const std::optional<model_upgrade>& x) {
  out.key("upgrade");
  if (!x) {
    out.null();
    return;
  }
  out.begin_object()
    .member("model", std::string_view{x->model})
    .member("migration_markdown", std::string_view{x->migration_markdown})
    .end_object();
}

void write_limits(json_writer& out, const model_info& x) {
  out.key("truncation_policy")
    .begin_object()
    .member("mode", to_text(x.truncation_policy.mode))
    .member("limit", x.truncation_policy.limit)
    .end_object();
  out.key("supports_parallel_tool_calls").boolean(x.supports_parallel_tool_calls);
  if (x.context_window)
    out.member("context_window", *x.context_window);
  if (x.auto_compact_token_limit)
    out.member("auto_compact_token_limit", *x.auto_compact_token_limit);
  out.member("effective_context_window_percent", x.effective_context_window_percent);
  out.key("experimental_supported_tools").begin_array();
  for (const auto& tool : x.experimental_supported_tools)
    out.text(tool);
  out.end_array();
  out.key("input_modalities").begin_array().text("text");
  if (x.accepts_images)
    out.text("image");
  out.end_array();
}

void write_model(json_writer& out, const model_info& x) {
  out.begin_object();
  out.member("slug", std::string_view{x.slug});
  out.member("display_name", std::string_view{x.display_name});
  write_text_or_null(out, "description", x.description);
  write_reasoning(out, x);
  out.member("shell_type", to_text(x.shell_type));
  out.member("visibility", to_text(x.visibility));
  out.key("supported_in_api").boolean(x.supported_in_api);
  out.member("priority", std::int64_t{x.priority});
  write_upgrade(out, x.upgrade);
  out.member("base_instructions", x.base_instructions.view());
  if (x.model_messages)
    write_messages(out, *x.model_messages);
  out.key("supports_reasoning_summaries").boolean(x.supports_reasoning_summaries);
  out.key("support_verbosity").boolean(x.support_verbosity);
  write_choice_or_null(out, "default_verbosity", x.default_verbosity);
  write_choice_or_null(out, "apply_patch_tool_type", x.apply_patch_tool_type);
  write_limits(out, x);
  out.end_object();
}

} // namespace

std::variant<model_info, catalogue_error> parse_model(const json::value& entry,
                                                      catalogue_form form) {
  field_reader from{entry};
  auto result = read_model(from, form);
  if (from.bad_field())
    return catalogue_error{
      fmt::format("(`{}`): `{}` is missing or has a wrong value", result.slug, *from.bad_field())};
  return result;
}

std::variant<catalogue, catalogue_error> parse_catalogue(std::string_view text,
                                                         catalogue_form form) {
  boost::system::error_code error;
  const auto root = json::parse(text, error);
  if (error)
    return catalogue_error{"not JSON: " + error.message()};
  const auto* object = root.if_object();
  const auto* models = object ? object->if_contains("models") : nullptr;
  if (models == nullptr || !models->is_array())
    return catalogue_error{"no array `models`"};
  catalogue result;
  for (const auto& element : models->get_array()) {
    auto model = parse_model(element, form);
    if (const auto* problem = std::get_if<catalogue_error>(&model))
      return catalogue_error{fmt::format("models[{}] {}", result.size(), problem->message)};
    result.push_back(std::get<model_info>(std::move(model)));
  }
  return result;
}

void append_models(std::string& text, std::span<const model_info> models) {
  json_writer out{text};
  out.begin_array();
  for (const auto& x : models)
    write_model(out, x);
  out.end_array();
}

std::string print_catalogue(std::span<const model_info> models) {
  std::string text = R"({"models":)";
  append_models(text, models);
  return text + '}';
}

} // namespace troupe::config
