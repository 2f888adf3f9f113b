#include "apps/sim/request_view.hpp"
#include "apps/sim/json_text.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr std::size_t max_name_bytes = 256;
constexpr std::string_view open_cwd = "<cwd>";
constexpr std::string_view close_cwd = "</cwd>";

std::string name_of(std::string_view raw) {
  return unescaped_json(raw, max_name_bytes);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + ('a' - 'A')) : b);
         });
}

std::string_view without_leading_space(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

enum class text_role { prompt, image_tag, environment, inserted };

text_role role_of(std::string_view text) {
  const auto front = without_leading_space(text);
  if (starts_with_ignoring_case(front, "<environment_context>"))
    return text_role::environment;
  if (starts_with_ignoring_case(front, "<turn_aborted>") ||
      starts_with_ignoring_case(front, "<user_shell_command>") ||
      text.starts_with("# AGENTS.md instructions for ") ||
      text.starts_with("<user_instructions>") || text.starts_with("<skill"))
    return text_role::inserted;
  if (text.starts_with("<image name=") || text == "<image>" || text == "</image>")
    return text_role::image_tag;
  return text_role::prompt;
}

/// What an input item brings, as raw JSON.
struct raw_item {
  std::string_view type;
  std::string_view role;
  std::string_view content;
  std::string_view name;
  std::string_view call_id;
  std::string_view output;
};

raw_item read_item(std::string_view raw) {
  raw_item result;
  json_walk members{raw};
  while (members.next()) {
    const auto key = members.key();
    if (key == "type")
      result.type = members.value();
    else if (key == "role")
      result.role = members.value();
    else if (key == "content")
      result.content = members.value();
    else if (key == "name")
      result.name = members.value();
    else if (key == "call_id")
      result.call_id = members.value();
    else if (key == "output")
      result.output = members.value();
  }
  return result;
}

// Makes room in a list of recent things.
template <class T>
void forget_oldest(std::vector<T>& list) {
  if (list.size() == request_view::max_recent_calls)
    list.erase(list.begin(), list.begin() + request_view::max_recent_calls / 2);
}

class reader {
public:
  explicit reader(request_view& view) : view_(view) {}

  // False: the input is no array of values.
  bool read_input() {
    json_walk items{view_.raw_input};
    while (items.next()) {
      ++view_.items;
      read(items.value());
    }
    finish();
    return items.is_whole();
  }

private:
  void read(std::string_view raw) {
    const auto item = read_item(raw);
    // Before the roles: an `additional_tools` item has one too.
    if (item.type == "\"additional_tools\"")
      view_.raw_additional_tools = raw;
    else if (item.type == "\"function_call\"" || item.type == "\"custom_tool_call\"")
      on_call(item, name_of(item.name));
    else if (item.type == "\"local_shell_call\"")
      on_call(item, "local_shell");
    else if (item.type == "\"function_call_output\"" || item.type == "\"custom_tool_call_output\"")
      on_output(item);
    else if (item.role == "\"user\"")
      on_user(item);
  }

  void on_call(const raw_item& item, std::string name) {
    forget_oldest(recent_);
    recent_.push_back({item.call_id, name});
    const auto known = std::ranges::find(view_.calls, name, &tool_calls::tool);
    if (known != view_.calls.end())
      ++known->count;
    else if (view_.calls.size() < request_view::max_known_tools)
      view_.calls.push_back({std::move(name), 1});
  }

  void on_output(const raw_item& item) {
    ++view_.outputs;
    last_output_ = item;
    forget_oldest(view_.raw_outputs);
    view_.raw_outputs.push_back(item.output);
    view_.last_output.emplace();
    const auto call = std::find_if(recent_.rbegin(), recent_.rend(),
                                   [&](const auto& x) { return x.call_id == item.call_id; });
    if (call != recent_.rend())
      view_.last_output->tool = call->name;
  }

  void on_user(const raw_item& item) {
    const auto text = prompt_of(item.content);
    // A warning of the tool layer goes out in the user's name while the turn runs (contract tools,
    // 4.1 and 5.6).
    if (text.empty() || (view_.outputs > 0 && text.starts_with("Warning: ")))
      return;
    if (view_.turn == 0)
      view_.first_user = text;
    ++view_.turn;
    view_.last_user = std::move(text);
    view_.outputs = 0;
    view_.calls.clear();
    view_.last_output.reset();
    view_.raw_outputs.clear();
    recent_.clear();
  }

  // The prompt in a user message; empty when a client wrote it.
  std::string prompt_of(std::string_view raw_content) {
    if (!raw_content.starts_with('['))
      return unescaped_json(raw_content, request_view::max_text_bytes);
    std::string result;
    json_walk parts{raw_content};
    while (parts.next()) {
      const auto raw = json_member(parts.value(), "text");
      if (!raw)
        continue;
      const auto text = unescaped_json(*raw, request_view::max_text_bytes);
      switch (role_of(text)) {
      case text_role::environment: read_environment(text); return {};
      case text_role::inserted: return {};
      case text_role::image_tag: continue;
      case text_role::prompt: break;
      }
      if (!result.empty())
        result += '\n';
      result += text;
      if (result.size() > request_view::max_text_bytes)
        break;
    }
    return result;
  }

  void read_environment(std::string_view text) {
    const auto begin = text.find(open_cwd);
    const auto end = text.find(close_cwd);
    if (begin != std::string_view::npos && end != std::string_view::npos && begin < end)
      view_.cwd = text.substr(begin + open_cwd.size(), end - begin - open_cwd.size());
  }

  // The text of the last output is copied only once, at the end: a turn may have a hundred.
  void finish() {
    if (!view_.last_output)
      return;
    view_.last_output->text = output_text(last_output_.output);
    read_shell_header(*view_.last_output);
  }

  struct known_call {
    std::string_view call_id;
    std::string name;
  };

  request_view& view_;
  std::vector<known_call> recent_;
  raw_item last_output_;
};

void read_text_settings(request_view& view, std::string_view raw) {
  const auto format = json_member(raw, "format");
  if (!format || json_member(*format, "type") != "\"json_schema\"")
    return;
  view.raw_schema = json_member(*format, "schema").value_or(std::string_view{});
}

std::optional<tool_form> form_from_type(std::string_view raw_type) {
  if (raw_type == "\"function\"")
    return tool_form::function;
  if (raw_type == "\"custom\"")
    return tool_form::custom;
  return std::nullopt;
}

// `depth`: tools may sit in a namespace, a namespace in the item of the tools.
std::optional<tool_form> find_tool(std::string_view raw_list, std::string_view name, int depth) {
  if (!raw_list.starts_with('['))
    return std::nullopt;
  json_walk tools{raw_list};
  while (tools.next()) {
    const auto type = json_member(tools.value(), "type");
    if (type == "\"local_shell\"" && name == "local_shell")
      return tool_form::local_shell;
    const auto form = form_from_type(type.value_or(std::string_view{}));
    const auto raw_name = json_member(tools.value(), "name");
    if (form && raw_name && name_of(*raw_name) == name)
      return form;
    const auto inner = form || depth == 0 ? std::nullopt : json_member(tools.value(), "tools");
    if (inner)
      if (const auto found = find_tool(*inner, name, depth - 1))
        return found;
  }
  return std::nullopt;
}

} // namespace

std::string output_text(std::string_view raw) {
  if (!raw.starts_with('['))
    return unescaped_json(raw, request_view::max_text_bytes);
  std::string result;
  json_walk parts{raw};
  while (parts.next() && result.size() < request_view::max_text_bytes) {
    const auto text = json_member(parts.value(), "text");
    if (!text)
      continue;
    if (!result.empty())
      result += '\n';
    result += unescaped_json(*text, request_view::max_text_bytes - result.size());
  }
  return result;
}

std::uint32_t request_view::calls_of(std::string_view tool) const {
  const auto known = std::ranges::find(calls, tool, &tool_calls::tool);
  return known == calls.end() ? 0 : known->count;
}

std::optional<tool_form> request_view::form_of(std::string_view tool) const {
  if (const auto found = find_tool(raw_tools, tool, 1))
    return found;
  const auto more = json_member(raw_additional_tools, "tools");
  return more ? find_tool(*more, tool, 1) : std::nullopt;
}

std::variant<request_view, std::string> view_request(std::string_view body) {
  request_view view;
  view.body = body;
  json_walk members{body};
  while (members.next()) {
    const auto key = members.key();
    if (key == "model")
      view.model = name_of(members.value());
    else if (key == "prompt_cache_key")
      view.thread = name_of(members.value());
    else if (key == "input")
      view.raw_input = members.value();
    else if (key == "tools")
      view.raw_tools = members.value();
    else if (key == "text")
      read_text_settings(view, members.value());
  }
  if (!without_leading_space(body).starts_with('{') || !members.is_whole() ||
      skip_json_space(body, members.end()) != body.size())
    return "the body is not one JSON object";
  if (view.raw_input.starts_with('"')) { // the API's short form of one user message
    view.last_user = unescaped_json(view.raw_input, request_view::max_text_bytes);
    view.first_user = view.last_user;
    view.turn = view.items = 1;
    return view;
  }
  if (!view.raw_input.starts_with('[') || !reader{view}.read_input())
    return "the body has no array \"input\"";
  return view;
}

} // namespace troupe::sim
