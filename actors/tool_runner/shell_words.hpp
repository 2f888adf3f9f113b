#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Command lines as words: quoting for display, splitting of simple scripts for judgement. Contract
/// tools.md 6.1.
namespace troupe::tool_runner {

using argument_list = std::vector<std::string>;

/// The words quoted as a shell would read them, joined by blanks.
std::string shell_joined(std::span<const std::string> words);

/// Whether the words are what the program will get, or a shell may still make other words of them:
/// unquoted escapes and brace lists are split as ordinary characters.
enum class word_fidelity : std::uint8_t { exact, approximate };

struct simple_command {
  argument_list words;
  word_fidelity fidelity = word_fidelity::exact;
  bool operator==(const simple_command&) const = default;
};

/// The script of `[bash|zsh|sh, -lc|-c, SCRIPT]`; none for any other argv.
std::optional<std::string_view> shell_script(std::span<const std::string> argv);

/// The commands of a script that consists of plain commands joined by `&&`, `||`, `;`, `|` or
/// newlines. None for everything else: expansions, redirections, control flow, assignments,
/// comments and whatever a shell might take for one of them.
std::optional<std::vector<simple_command>> plain_commands(std::string_view script);

/// What is to be judged for `argv`: the commands of its script when that is plain and has any, else
/// `argv` itself.
std::vector<simple_command> judged_commands(const argument_list& argv);

} // namespace troupe::tool_runner
