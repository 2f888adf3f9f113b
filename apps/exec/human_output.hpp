#pragma once

#include "messages/event.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::exec {

enum class text_style : std::uint8_t { plain, colored };
enum class reasoning_display : std::uint8_t { hidden, summary, raw };

/// Turns the events of one thread into text for a person (contract exec-and-sdk.md 1.9). What it
/// appends belongs on stderr; the final message goes to stdout when all is over and is not done
/// here. Control characters of what it shows are left out, so that no tool can drive the terminal.
class human_output {
public:
  /// At most this many lines of a command's output are shown.
  static constexpr std::size_t max_output_lines = 20;

  human_output(text_style style, reasoning_display reasoning)
    : style_(style), reasoning_(reasoning) {}

  struct introduction {
    std::string version;
    session_configured session;
    std::string reasoning_summary;
    std::string prompt;
    std::span<const std::string> warnings;
  };

  void begin(const introduction& x, std::string& out);
  void event(const event_msg& x, std::string& out);
  void failed(std::string_view message, std::string& out);
  /// The token count, after the last event.
  void end(std::string& out);

private:
  void on(const item_completed&, std::string& out);
  void on(const exec_command_begin&, std::string& out);
  void on(const exec_command_end&, std::string& out);
  void on(const patch_apply_end&, std::string& out);
  void on(const plan_update&, std::string& out);
  void on(const stream_error&, std::string& out);
  void on(const turn_error&, std::string& out);
  void on(const warning&, std::string& out);
  void on(const turn_aborted&, std::string& out);
  void on(const token_count&, std::string& out);
  template <class Other>
  void on(const Other&, std::string&) {} // not shown

  void put_reasoning(const reasoning_item& x, std::string& out) const;
  void put_command(const exec_command_begin& x, std::string& out) const;
  void put_change(std::string_view path, const file_change& x, std::string& out) const;
  std::string styled(std::string_view code, std::string_view text) const;

  text_style style_;
  reasoning_display reasoning_;
  std::string last_command_; ///< call id whose header is the last thing on the screen
  std::optional<token_usage> usage_;
};

/// The final message as stdout gets it: with a newline at its end.
std::string final_text(std::string_view message);

} // namespace troupe::exec
