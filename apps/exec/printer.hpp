#pragma once

#include "apps/common/output_channel.hpp"
#include "apps/common/turn_outcome.hpp"
#include "apps/exec/human_output.hpp"
#include "apps/exec/jsonl_events.hpp"
#include "messages/thread_info.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace troupe::exec {

/// Puts a run on stdout and stderr, as events or as text. Writes at once: a reader that is slow
/// slows the run, as it should.
class printer {
public:
  struct channels {
    common::output_channel standard_output;
    common::output_channel standard_error;
  };

  printer(channels to, std::variant<jsonl_events, human_output> format)
    : to_(to), format_(std::move(format)) {}

  struct beginning {
    const thread_started& started;
    std::vector<std::string> warnings; ///< of the configuration; those of the thread come behind
    std::string prompt;
    std::string reasoning_summary;
  };

  void begin(beginning x);
  void event(const event_msg& x);
  /// The thread could not take the turn, or was lost in it.
  void failed(std::string_view message);
  /// When all is over: figures, and for people the final message on stdout, without what could
  /// control a terminal if that is one.
  void end(const common::turn_outcome& outcome);

  /// Why some of the result was lost; none: it was not. Text on stderr is no result.
  const std::error_code& error() const { return to_.standard_output.error(); }

private:
  channels to_;
  std::variant<jsonl_events, human_output> format_;
};

} // namespace troupe::exec
