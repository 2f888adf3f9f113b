#include "actors/tool_runner/command_summary.hpp"

#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/user_shell.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

struct part {
  argument_list words;
  command_summary entry;
};

/// The commands of a script as entries, with folders of `cd` put before what is read later.
std::vector<part> summarise_parts(const std::vector<argument_list>& commands) {
  std::vector<part> result;
  std::string folder;
  for (const auto& command : commands) {
    if (command.empty() || only_formats(command))
      continue;
    if (command.front() == "cd" && command.size() == 2) {
      folder = folder.empty() ? command[1] : absolute_path(folder, command[1]);
      continue;
    }
    auto entry = summarise_command(command);
    entry.cmd = shell_joined(command);
    if (entry.kind == summary_kind::read && !folder.empty())
      entry.path = absolute_path(folder, *entry.path);
    result.push_back({command, std::move(entry)});
  }
  return result;
}

/// Leaves out what says nothing beside other entries.
std::vector<command_summary> without_noise(std::vector<part> parts) {
  const auto says_nothing = [](const part& x, bool is_first) {
    const auto& program = x.words.front();
    const auto only_flags = std::all_of(x.words.begin() + 1, x.words.end(),
                                        [](const auto& word) { return word.starts_with('-'); });
    return (program == "echo" && is_first) || program == "true" || (program == "nl" && only_flags);
  };
  std::vector<command_summary> result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts.size() > 1 && says_nothing(parts[i], i == 0))
      continue;
    if (result.empty() || !(result.back() == parts[i].entry))
      result.push_back(std::move(parts[i].entry));
  }
  return result;
}

std::vector<command_summary> unknown(std::string cmd) {
  return {{.kind = summary_kind::unknown, .cmd = std::move(cmd), .path = {}}};
}

std::vector<command_summary> summarise_script(std::string_view script) {
  const auto commands = plain_commands(script);
  if (!commands || commands->empty())
    return unknown(std::string{script});
  std::vector<argument_list> all;
  for (const auto& command : *commands)
    all.push_back(command.words);
  auto result = without_noise(summarise_parts(all));
  const auto is_unknown = [](const auto& x) { return x.kind == summary_kind::unknown; };
  // One unrecognised command makes the script as a whole what is shown (app-server transcripts).
  if (result.empty() || std::any_of(result.begin(), result.end(), is_unknown))
    return unknown(std::string{script});
  const auto has_pipe_and_sed =
    script.find('|') != std::string_view::npos && script.find("sed -n") != std::string_view::npos;
  if (result.size() == 1 && result[0].kind == summary_kind::read && has_pipe_and_sed)
    result[0].cmd = std::string{script};
  return result;
}

/// Splits at words that a shell would take for connectors.
std::vector<argument_list> split_at_connectors(const argument_list& argv) {
  constexpr auto connectors = std::to_array<std::string_view>({"&&", "||", "|", ";"});
  std::vector<argument_list> result(1);
  for (const auto& word : argv) {
    if (std::find(connectors.begin(), connectors.end(), word) != connectors.end())
      result.emplace_back();
    else
      result.back().push_back(word);
  }
  return result;
}

} // namespace

std::vector<command_summary> summarise(const argument_list& argv) {
  if (const auto script = shell_script(argv))
    return summarise_script(*script);
  if (argv.size() > 2 && shell_kind_of(argv.front()) == shell_kind::power_shell)
    return unknown(argv.back());
  const auto commands = split_at_connectors(argv);
  if (commands.size() == 1) {
    if (argv.empty())
      return unknown("");
    auto entry = summarise_command(argv);
    entry.cmd = shell_joined(argv);
    return {std::move(entry)};
  }
  auto result = without_noise(summarise_parts(commands));
  return result.empty() ? unknown(shell_joined(argv)) : result;
}

std::string summaries_json(const std::vector<command_summary>& entries) {
  constexpr auto names =
    std::to_array<std::string_view>({"unknown", "read", "list_files", "search"});
  std::string result;
  json_writer json{result};
  const auto nullable = [&json](std::string_view name, const std::optional<std::string>& x) {
    json.key(name);
    if (x)
      json.text(*x);
    else
      json.null();
  };
  json.begin_array();
  for (const auto& x : entries) {
    json.begin_object().member("type", names[static_cast<std::size_t>(x.kind)]);
    json.member("cmd", x.cmd);
    if (x.kind == summary_kind::read)
      json.member("name", x.name).member("path", x.path.value_or(""));
    if (x.kind == summary_kind::search)
      nullable("query", x.query);
    if (x.kind == summary_kind::search || x.kind == summary_kind::list_files)
      nullable("path", x.path);
    json.end_object();
  }
  json.end_array();
  return result;
}

} // namespace troupe::tool_runner
