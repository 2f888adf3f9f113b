#include "actors/tool_runner/patch_interception.hpp"

#include "actors/tool_runner/patch_parser.hpp"
#include "actors/tool_runner/user_shell.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::tool_runner {

namespace {

bool is_patch(std::string_view text) {
  return std::holds_alternative<patch>(parse_patch(text));
}

/// The script of any shell's argv, that is more shells than `shell_script` knows.
std::optional<std::string_view> script_of(std::span<const std::string> argv) {
  if (argv.size() < 3)
    return std::nullopt;
  const auto kind = shell_kind_of(argv[0]);
  if (!kind)
    return std::nullopt;
  switch (*kind) {
  case shell_kind::zsh:
  case shell_kind::bash:
  case shell_kind::sh:
    if (argv.size() == 3 && (argv[1] == "-lc" || argv[1] == "-c"))
      return argv[2];
    break;
  case shell_kind::power_shell:
    if (argv.size() == 3 && argv[1] == "-Command")
      return argv[2];
    if (argv.size() == 4 && argv[1] == "-NoProfile" && argv[2] == "-Command")
      return argv[3];
    break;
  case shell_kind::cmd:
    if (argv.size() == 3 && argv[1] == "/c")
      return argv[2];
    break;
  }
  return std::nullopt;
}

/// Reads `[cd DIR &&] apply_patch <<DELIM … DELIM` and nothing else.
class here_document_reader {
public:
  explicit here_document_reader(std::string_view script) : rest_(script) {}

  std::optional<patch_call> read() {
    patch_call result;
    skip(" \t\n");
    if (take_word("cd")) {
      auto folder = read_word();
      skip(" \t");
      if (!folder || folder->empty() || !take("&&"))
        return std::nullopt;
      result.folder = std::move(*folder);
      skip(" \t\n");
    }
    if (!take_word("apply_patch") && !take_word("applypatch"))
      return std::nullopt;
    if (!take("<<"))
      return std::nullopt;
    skip(" \t");
    const auto delimiter = read_word();
    skip(" \t");
    if (!delimiter || delimiter->empty() || !take("\n"))
      return std::nullopt;
    auto body = read_body(*delimiter);
    skip(" \t\n");
    if (!body || !rest_.empty())
      return std::nullopt;
    result.patch = std::move(*body);
    return result;
  }

private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token))
      return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  /// The word and the blanks behind it.
  bool take_word(std::string_view word) {
    const auto before = rest_;
    if (take(word) &&
        (rest_.starts_with(' ') || rest_.starts_with('\t') || rest_.starts_with('<'))) {
      skip(" \t");
      return true;
    }
    rest_ = before;
    return false;
  }

  /// One bare, single-quoted or double-quoted word without anything a shell would expand.
  std::optional<std::string> read_word() {
    if (rest_.empty())
      return std::nullopt;
    const auto quote = rest_.front();
    if (quote != '\'' && quote != '"') {
      const auto end = std::min(rest_.find_first_of(" \t\n\"'$`\\<>|&;()"), rest_.size());
      std::string word{rest_.substr(0, end)};
      rest_.remove_prefix(end);
      return word;
    }
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string word{rest_.substr(1, end - 1)};
    if (quote == '"' && word.find_first_of("$`\\") != std::string::npos)
      return std::nullopt;
    rest_.remove_prefix(end + 1);
    return word;
  }

  std::optional<std::string> read_body(std::string_view delimiter) {
    std::string body;
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      const auto line = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      if (line == delimiter)
        return body;
      body.append(line).push_back('\n');
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

} // namespace

interception intercept_patch(std::span<const std::string> argv) {
  if (argv.size() == 1 && is_patch(argv[0]))
    return implicit_patch{};
  if (argv.size() == 2 && (argv[0] == "apply_patch" || argv[0] == "applypatch"))
    return patch_call{argv[1], std::nullopt};
  const auto script = script_of(argv);
  if (!script)
    return ordinary_command{};
  if (is_patch(*script))
    return implicit_patch{};
  if (auto call = here_document_reader{*script}.read())
    return std::move(*call);
  return ordinary_command{};
}

std::string interception_warning(std::string_view tool) {
  return fmt::format("Warning: apply_patch was requested via {}. Use the apply_patch tool instead "
                     "of exec_command.",
                     tool);
}

} // namespace troupe::tool_runner
