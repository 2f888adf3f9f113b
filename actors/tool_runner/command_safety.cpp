#include "actors/tool_runner/command_safety.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <string_view>

namespace troupe::tool_runner {

namespace {

using words = std::span<const std::string>;

template <std::size_t Count>
bool is_in(const std::array<std::string_view, Count>& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

/// `word` is `option` itself or `option=…`.
bool is_option(std::string_view word, std::string_view option) {
  return word.starts_with(option) && (word.size() == option.size() || word[option.size()] == '=');
}

bool is_short_group_with(std::string_view word, std::string_view letters) {
  return word.size() > 1 && word[0] == '-' && word[1] != '-' &&
         word.find_first_of(letters) != std::string_view::npos;
}

constexpr auto always_safe = std::to_array<std::string_view>(
  {"cat",  "cd",    "cut",   "echo", "expr",  "false",  "grep",   "head", "id",
   "ls",   "nl",    "paste", "pwd",  "rev",   "seq",    "stat",   "tail", "tr",
   "true", "uname", "uniq",  "wc",   "which", "whoami", "numfmt", "tac"});

bool is_safe_base64(words arguments) {
  return std::none_of(arguments.begin(), arguments.end(), [](const std::string& x) {
    return x.starts_with("-o") || is_option(x, "--output");
  });
}

bool is_safe_find(words arguments) {
  constexpr auto effects = std::to_array<std::string_view>(
    {"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fls", "-fprint", "-fprint0", "-fprintf"});
  return std::none_of(arguments.begin(), arguments.end(),
                      [&](const std::string& x) { return is_in(effects, x); });
}

bool is_safe_ripgrep(words arguments) {
  return std::none_of(arguments.begin(), arguments.end(), [](const std::string& x) {
    return is_option(x, "--pre") || is_option(x, "--hostname-bin") || x == "--search-zip" ||
           x == "-z";
  });
}

/// `Np` or `N,Mp`.
bool is_print_range(std::string_view text) {
  if (!text.ends_with('p'))
    return false;
  text.remove_suffix(1);
  const auto is_number = [](std::string_view x) {
    return !x.empty() &&
           std::all_of(x.begin(), x.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  const auto comma = text.find(',');
  if (comma == std::string_view::npos)
    return is_number(text);
  return is_number(text.substr(0, comma)) && is_number(text.substr(comma + 1));
}

bool is_safe_sed(words arguments) {
  return arguments.size() >= 2 && arguments.size() <= 3 && arguments[0] == "-n" &&
         is_print_range(arguments[1]);
}

struct git_call {
  std::string_view subcommand;
  words arguments; ///< behind the subcommand
};

/// The first word that is no global option, nor the value of one.
std::optional<git_call> git_subcommand(words arguments) {
  constexpr auto with_value =
    std::to_array<std::string_view>({"-C", "-c", "--config-env", "--exec-path", "--git-dir",
                                     "--namespace", "--super-prefix", "--work-tree"});
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (is_in(with_value, arguments[i]))
      ++i;
    else if (!arguments[i].starts_with('-'))
      return git_call{arguments[i], arguments.subspan(i + 1)};
  }
  return std::nullopt;
}

bool is_safe_git_branch(words arguments) {
  constexpr auto listing = std::to_array<std::string_view>(
    {"--list", "-l", "--show-current", "-a", "--all", "-r", "--remotes", "-v", "-vv", "--verbose"});
  return std::all_of(arguments.begin(), arguments.end(), [&](const std::string& x) {
    return is_in(listing, x) || x.starts_with("--format=");
  });
}

bool is_safe_git(words arguments) {
  const auto may_run_programs = [](const std::string& x) {
    return x.starts_with("-c") || is_option(x, "--config-env") || is_option(x, "--output") ||
           x == "--ext-diff" || x == "--textconv" || is_option(x, "--exec") || x == "--paginate";
  };
  if (std::any_of(arguments.begin(), arguments.end(), may_run_programs))
    return false;
  const auto call = git_subcommand(arguments);
  if (!call)
    return false;
  if (call->subcommand == "branch")
    return is_safe_git_branch(call->arguments);
  constexpr auto reading = std::to_array<std::string_view>({"status", "log", "diff", "show"});
  return is_in(reading, call->subcommand);
}

bool is_dangerous_git(words arguments) {
  const auto call = git_subcommand(arguments);
  if (!call)
    return false;
  const auto any = [&](const auto& predicate) {
    return std::any_of(call->arguments.begin(), call->arguments.end(), predicate);
  };
  if (call->subcommand == "reset" || call->subcommand == "rm")
    return true;
  if (call->subcommand == "branch")
    return any([](const std::string& x) {
      return is_option(x, "--delete") || is_short_group_with(x, "dD");
    });
  if (call->subcommand == "push")
    return any([](const std::string& x) {
      return x == "--force" || is_option(x, "--force-with-lease") ||
             is_option(x, "--force-if-includes") || is_option(x, "--delete") ||
             is_short_group_with(x, "fd") || x.starts_with('+') || x.starts_with(':');
    });
  if (call->subcommand == "clean")
    return any(
      [](const std::string& x) { return is_option(x, "--force") || is_short_group_with(x, "f"); });
  return false;
}

} // namespace

bool is_known_safe(const simple_command& command) {
  if (command.words.empty())
    return false;
  const auto name = file_name(command.words[0]);
  if (is_in(always_safe, name))
    return true;
  const auto arguments = words{command.words}.subspan(1);
  if (command.fidelity != word_fidelity::exact)
    return false;
  if (name == "base64")
    return is_safe_base64(arguments);
  if (name == "find")
    return is_safe_find(arguments);
  if (name == "rg")
    return is_safe_ripgrep(arguments);
  if (name == "git")
    return is_safe_git(arguments);
  if (name == "sed")
    return is_safe_sed(arguments);
  const auto script = shell_script(command.words);
  const auto commands = script ? plain_commands(*script) : std::nullopt;
  return commands && !commands->empty() &&
         std::all_of(commands->begin(), commands->end(), is_known_safe);
}

bool is_dangerous(const simple_command& command) {
  words rest{command.words};
  while (!rest.empty() && file_name(rest[0]) == "sudo")
    rest = rest.subspan(1);
  if (rest.empty())
    return false;
  const auto arguments = rest.subspan(1);
  if (rest[0].ends_with("git"))
    return is_dangerous_git(arguments);
  if (file_name(rest[0]) == "rm")
    return !arguments.empty() && (arguments[0] == "-f" || arguments[0] == "-rf");
  const auto script = shell_script(rest);
  const auto commands = script ? plain_commands(*script) : std::nullopt;
  return commands && std::any_of(commands->begin(), commands->end(), is_dangerous);
}

} // namespace troupe::tool_runner
