#include "actors/tool_runner/command_entry.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

using words = std::span<const std::string>;

template <std::size_t Count>
bool contains(const std::array<std::string_view, Count>& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

/// Arguments that are no options; `with_value` are the options whose value is the next word.
argument_list operands(words arguments, std::initializer_list<std::string_view> with_value = {}) {
  argument_list result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word == "--") {
      result.insert(result.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                    arguments.end());
      break;
    }
    if (std::find(with_value.begin(), with_value.end(), word) != with_value.end())
      ++i;
    else if (!word.starts_with('-') || word == "-")
      result.push_back(word);
  }
  return result;
}

/// The last component that says something.
std::string shortened(std::string_view path) {
  constexpr auto silent =
    std::to_array<std::string_view>({"build", "dist", "node_modules", "src", "", "."});
  auto rest = path;
  while (!rest.empty()) {
    const auto name = file_name(rest);
    if (!contains(silent, name))
      return std::string{name};
    rest.remove_suffix(std::min(rest.size(), name.size() + 1));
  }
  return std::string{path};
}

std::optional<std::string> shortened_operand(const argument_list& from, std::size_t index) {
  return index < from.size() ? std::optional{shortened(from[index])} : std::nullopt;
}

command_summary listing(const argument_list& from) {
  return {.kind = summary_kind::list_files, .cmd = {}, .path = shortened_operand(from, 0)};
}

command_summary searching(const argument_list& from) {
  command_summary result{
    .kind = summary_kind::search, .cmd = {}, .path = shortened_operand(from, 1)};
  if (!from.empty())
    result.query = from[0];
  return result;
}

command_summary reading(std::string path) {
  auto name = shortened(path);
  return {.kind = summary_kind::read,
          .cmd = {},
          .path = std::move(path),
          .query = {},
          .name = std::move(name)};
}

bool is_sed_range(std::string_view text) {
  return text.ends_with('p') && text.size() > 1 &&
         std::all_of(text.begin(), text.end() - 1,
                     [](unsigned char c) { return std::isdigit(c) != 0 || c == ',' || c == '$'; });
}

/// The file that a command reads; none when it reads its input or several files.
std::optional<std::string> file_read(std::string_view program, words arguments) {
  const auto only = [](argument_list from) -> std::optional<std::string> {
    return from.size() == 1 && from[0] != "-" ? std::optional{std::move(from[0])} : std::nullopt;
  };
  if (program == "cat" || program == "bat" || program == "less" || program == "more" ||
      program == "nl")
    return only(operands(arguments));
  if (program == "head" || program == "tail")
    return only(operands(arguments, {"-n", "-c", "--lines", "--bytes"}));
  auto rest = operands(arguments, {"-F", "-v", "-f"});
  if (program == "awk" && rest.size() == 2)
    return rest[1];
  if (program == "sed" && rest.size() == 2 && is_sed_range(rest[0]) &&
      std::find(arguments.begin(), arguments.end(), "-n") != arguments.end())
    return rest[1];
  return std::nullopt;
}

command_summary summarise_find(words arguments) {
  constexpr auto filters =
    std::to_array<std::string_view>({"-name", "-iname", "-path", "-ipath", "-regex", "-iregex"});
  argument_list roots;
  for (const auto& word : arguments) {
    if (word.starts_with('-') || word == "(" || word == "!")
      break;
    roots.push_back(word);
  }
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    if (contains(filters, arguments[i])) {
      auto result = listing(roots);
      result.kind = summary_kind::search;
      result.query = arguments[i + 1];
      return result;
    }
  return listing(roots);
}

command_summary summarise_git(words arguments) {
  if (!arguments.empty() && arguments[0] == "ls-files")
    return listing(operands(arguments.subspan(1), {"-x", "--exclude"}));
  if (!arguments.empty() && arguments[0] == "grep")
    return searching(operands(arguments.subspan(1), {"-A", "-B", "-C", "-m", "--max-depth"}));
  return {};
}

command_summary summarise_ripgrep(words arguments) {
  const auto rest = operands(arguments, {"-g", "--glob", "-t", "--type", "-T", "-A", "-B", "-C",
                                         "-m", "--max-count", "--max-depth", "-j", "--sort"});
  const auto lists = std::find(arguments.begin(), arguments.end(), "--files") != arguments.end();
  return lists ? listing(rest) : searching(rest);
}

/// A short walk over folders in Python, as models write it.
bool walks_folders(words arguments) {
  constexpr auto traces = std::to_array<std::string_view>(
    {"os.walk", "os.listdir", "os.scandir", "glob.glob", "glob.iglob", ".rglob(", ".iterdir("});
  return arguments.size() == 2 && arguments[0] == "-c" &&
         std::any_of(traces.begin(), traces.end(),
                     [&](std::string_view x) { return arguments[1].find(x) != std::string::npos; });
}

} // namespace

command_summary summarise_command(const argument_list& command) {
  constexpr auto listers = std::to_array<std::string_view>({"ls", "eza", "exa", "tree", "du"});
  constexpr auto searchers =
    std::to_array<std::string_view>({"grep", "egrep", "fgrep", "ag", "ack", "pt"});
  const auto program = file_name(command.front());
  const auto arguments = words{command}.subspan(1);
  if (contains(listers, program))
    return listing(operands(arguments, {"-I", "-L", "--ignore", "--level", "-d", "--max-depth"}));
  if (program == "rg" || program == "rga")
    return summarise_ripgrep(arguments);
  if (contains(searchers, program))
    return searching(operands(arguments, {"-A", "-B", "-C", "-m", "--include", "--exclude"}));
  if (program == "find")
    return summarise_find(arguments);
  if (program == "git")
    return summarise_git(arguments);
  if (program == "fd") {
    const auto rest = operands(arguments, {"-t", "--type", "-e", "--extension", "-d", "-E"});
    return rest.empty() ? listing(rest) : searching(rest);
  }
  if ((program == "python" || program == "python3") && walks_folders(arguments))
    return {.kind = summary_kind::list_files, .cmd = {}, .path = {}};
  if (auto file = file_read(program, arguments))
    return reading(std::move(*file));
  return {};
}

bool only_formats(const argument_list& command) {
  constexpr auto always = std::to_array<std::string_view>(
    {"wc", "tr", "cut", "sort", "uniq", "tee", "column", "yes", "printf"});
  constexpr auto without_file = std::to_array<std::string_view>({"awk", "head", "tail", "sed"});
  constexpr auto modifying =
    std::to_array<std::string_view>({"rm", "mv", "cp", "touch", "chmod", "chown", "sed", "perl"});
  const auto program = file_name(command.front());
  const auto arguments = words{command}.subspan(1);
  if (contains(always, program))
    return true;
  if (contains(without_file, program)) {
    const auto changes_files =
      program == "sed" && !arguments.empty() && arguments[0].starts_with("-i");
    return !changes_files && !file_read(program, arguments);
  }
  return program == "xargs" && std::none_of(arguments.begin(), arguments.end(),
                                            [&](const auto& x) { return contains(modifying, x); });
}

} // namespace troupe::tool_runner
