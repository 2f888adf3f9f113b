#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Where the prompt of a run comes from (contract exec-and-sdk.md 1.3).
namespace troupe::exec {

/// Standard input beyond this is refused; the largest context window takes a fraction of it.
inline constexpr std::size_t max_prompt_bytes = 16 * 1024 * 1024;

enum class stdin_kind : std::uint8_t { terminal, piped };

/// Whether a piped stdin goes along with a prompt that was given: it does for new threads only.
enum class stdin_addition : std::uint8_t { append, ignore };

enum class prompt_source : std::uint8_t { argument, argument_and_stdin, standard_input };

struct prompt_plan {
  prompt_source source = prompt_source::argument;
  std::string notice; ///< for stderr, before stdin is read; empty: none
  bool operator==(const prompt_plan&) const = default;
};

/// There is no prompt: the text for stderr; exit code 1.
struct prompt_refusal {
  std::string message;
  bool operator==(const prompt_refusal&) const = default;
};

/// What to read, given the PROMPT of the command line.
std::variant<prompt_plan, prompt_refusal> plan_prompt(const std::optional<std::string>& argument,
                                                      stdin_kind kind, stdin_addition addition);

/// The prompt from the argument and the bytes of stdin, as far as the plan needs them.
std::variant<std::string, prompt_refusal> finish_prompt(const prompt_plan& plan,
                                                        const std::optional<std::string>& argument,
                                                        std::string_view stdin_bytes);

/// The refusal for a stdin that cannot be used.
prompt_refusal unreadable_stdin(std::string_view reason);

} // namespace troupe::exec
