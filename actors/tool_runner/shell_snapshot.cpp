#include "actors/tool_runner/shell_snapshot.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Of the shell itself, or different in each process.
constexpr auto own_variables = std::to_array<std::string_view>({"BASHOPTS",
                                                                "BASHPID",
                                                                "COMP_WORDBREAKS",
                                                                "DIRSTACK",
                                                                "EPOCHREALTIME",
                                                                "EPOCHSECONDS",
                                                                "EUID",
                                                                "FUNCNAME",
                                                                "GROUPS",
                                                                "HISTCMD",
                                                                "IFS",
                                                                "LINENO",
                                                                "OLDPWD",
                                                                "OPTARG",
                                                                "OPTERR",
                                                                "OPTIND",
                                                                "PIPESTATUS",
                                                                "PPID",
                                                                "PS4",
                                                                "PWD",
                                                                "RANDOM",
                                                                "REPLY",
                                                                "SECONDS",
                                                                "SHELLOPTS",
                                                                "SHLVL",
                                                                "SRANDOM",
                                                                "UID",
                                                                "_",
                                                                "ZSH_EXECUTION_STRING"});

/// Options that belong to how a shell was started.
constexpr auto own_options = std::to_array<std::string_view>(
  {"login_shell", "restricted_shell", "noexec", "onecmd", "interactive", "monitor", "history",
   "histexpand", "privileged", "login", "rcs", "norcs", "zle", "shinstdin", "singlecommand"});

/// Of the environment: each process has its own.
constexpr auto own_environment = std::to_array<std::string_view>({"_", "SHLVL", "PWD", "OLDPWD"});

template <std::size_t Count>
bool is_among(const std::array<std::string_view, Count>& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

/// The state of one shell.
struct shell_state {
  std::set<std::string> options; ///< commands that set them
  std::string umask;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> functions;
  std::map<std::string, std::string> aliases;
  std::map<std::string, std::string> variables;
};

/// The records of a dump, one after the other.
class dump_reader {
public:
  explicit dump_reader(std::string_view text) : rest_(text) {}

  /// None at the end, and for a record that is not ended.
  std::optional<std::string_view> next() {
    const auto end = rest_.find('\0');
    if (end == std::string_view::npos)
      return std::nullopt;
    const auto result = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return result;
  }

  bool is_at(std::string_view mark) const {
    return rest_.size() > mark.size() && rest_.substr(0, mark.size()) == mark &&
           rest_[mark.size()] == '\0';
  }

  bool take(std::string_view mark) { return is_at(mark) && next().has_value(); }

private:
  std::string_view rest_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

/// Pairs of a name and its definition up to `mark`, which is taken.
bool read_definitions(dump_reader& from, std::string_view mark,
                      std::map<std::string, std::string>& into) {
  while (!from.take(mark)) {
    const auto name = from.next();
    const auto text = name ? from.next() : std::nullopt;
    if (!text)
      return false;
    if (!text->empty())
      into.insert_or_assign(std::string{*name}, std::string{trimmed(*text)});
  }
  return true;
}

void read_options(std::string_view text, std::set<std::string>& into) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    into.emplace(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::optional<shell_state> read_state(dump_reader& from) {
  shell_state result;
  if (!from.take("\1options"))
    return std::nullopt;
  if (const auto text = from.next())
    read_options(*text, result.options);
  if (!from.take("\1umask"))
    return std::nullopt;
  if (const auto text = from.next())
    result.umask = trimmed(*text);
  if (!from.take("\1environment"))
    return std::nullopt;
  while (!from.take("\1functions")) {
    const auto entry = from.next();
    if (!entry)
      return std::nullopt;
    if (const auto end = entry->find('='); end != std::string_view::npos && end > 0)
      result.environment.insert_or_assign(std::string{entry->substr(0, end)},
                                          std::string{entry->substr(end + 1)});
  }
  if (!read_definitions(from, "\1aliases", result.functions) ||
      !read_definitions(from, "\1variables", result.aliases) ||
      !read_definitions(from, "\1end", result.variables))
    return std::nullopt;
  return result;
}

/// Arguments of bash for the options that a fresh shell has otherwise.
std::vector<std::string> option_arguments(const std::set<std::string>& options,
                                          const std::set<std::string>& fresh) {
  constexpr auto forms = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"shopt -s ", "-O"}, {"shopt -u ", "+O"}, {"set -o ", "-o"}, {"set +o ", "+o"}});
  std::vector<std::string> result;
  for (const auto& line : options) {
    if (fresh.contains(line))
      continue;
    for (const auto& [form, argument] : forms) {
      if (!line.starts_with(form))
        continue;
      const auto name = std::string_view{line}.substr(form.size());
      if (!is_among(own_options, name)) {
        result.emplace_back(argument);
        result.emplace_back(name);
      }
    }
  }
  return result;
}

/// "declare -ax NAME=..." of bash, "export -i NAME=..." of zsh.
bool is_exported(std::string_view declaration) {
  const auto begin = declaration.find(' ') + 1;
  const auto second = declaration.substr(begin, declaration.find(' ', begin) - begin);
  return declaration.starts_with("export ") ||
         (second.starts_with('-') && second.find('x') != std::string_view::npos);
}

bool is_of_the_shell(std::string_view name) {
  return name.starts_with("BASH_") || name.starts_with("troupe_") || name == "BASH" ||
         is_among(own_variables, name);
}

void add_definitions(shell_snapshot& to, const shell_state& login, const shell_state& fresh) {
  const auto add = [&to](const std::string& name, const std::string& text) {
    to.names.push_back(name);
    to.functions += text;
    to.functions += '\n';
  };
  const auto is_new = [](const auto& entry, const auto& known) {
    const auto found = known.find(entry.first);
    return found == known.end() || found->second != entry.second;
  };
  for (const auto& x : login.variables)
    if (is_new(x, fresh.variables) && !is_of_the_shell(x.first) && !is_exported(x.second))
      to.variables.insert(x);
  for (const auto& [name, declaration] : to.variables)
    to.names.push_back(name);
  for (const auto& x : login.functions)
    if (is_new(x, fresh.functions))
      add(x.first, x.second);
  // A shell that does not expand them has no use for aliases.
  if (login.options.contains("shopt -s expand_aliases"))
    for (const auto& x : login.aliases)
      add(x.first, x.second);
  std::sort(to.names.begin(), to.names.end());
  to.names.erase(std::unique(to.names.begin(), to.names.end()), to.names.end());
}

/// What may stand between the words of a script.
constexpr std::string_view separators = " \t\n;&|()<>$`\"'{}=\\,!*?[]~#/";

} // namespace

std::optional<shell_snapshot> read_snapshot(std::string_view dump, const config::variables& start) {
  constexpr std::string_view mark{"\1start\0", 7};
  if (dump.size() > shell_snapshot::max_dump_bytes || !dump.starts_with(mark))
    return std::nullopt;
  dump.remove_prefix(mark.size());
  const auto line_end = dump.find('\n');
  if (line_end == std::string_view::npos)
    return std::nullopt;
  const auto umask = trimmed(dump.substr(0, line_end));
  dump_reader records{dump.substr(line_end + 1)};
  const auto login = read_state(records);
  const auto fresh = login ? read_state(records) : std::nullopt;
  if (!fresh)
    return std::nullopt;
  shell_snapshot result;
  for (const auto& [name, value] : login->environment) {
    const auto found = start.find(name);
    if (!is_among(own_environment, name) && (found == start.end() || found->second != value))
      result.changed.emplace(name, value);
  }
  for (const auto& [name, value] : start)
    if (!is_among(own_environment, name) && !login->environment.contains(name))
      result.removed.push_back(name);
  result.options = option_arguments(login->options, fresh->options);
  if (login->umask != umask)
    result.umask = login->umask;
  add_definitions(result, *login, *fresh);
  return result;
}

config::variables with_profile(config::variables start, const shell_snapshot& x) {
  for (const auto& name : x.removed)
    start.erase(name);
  for (const auto& [name, value] : x.changed)
    start.insert_or_assign(name, value);
  return start;
}

std::string definitions_of(const shell_snapshot& x, const config::variables& allowed) {
  std::string result;
  for (const auto& [name, declaration] : x.variables)
    if (allowed.contains(name))
      result += declaration + "\n";
  return result + x.functions;
}

bool needs_definitions(const shell_snapshot& x, std::string_view script) {
  if (x.names.empty())
    return false;
  auto rest = script;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(separators), rest.size());
    if (end > 0 && std::binary_search(x.names.begin(), x.names.end(), rest.substr(0, end)))
      return true;
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  // Names that no single word can be: "a[1]", "..".
  return std::any_of(x.names.begin(), x.names.end(), [&](const std::string& name) {
    return name.find_first_of(separators) != std::string::npos &&
           script.find(name) != std::string_view::npos;
  });
}

} // namespace troupe::tool_runner
