#define CAF_SUITE exec_printer
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/printer.hpp"
#include "tests/support/temp_folder.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <termios.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::exec;

namespace {

constexpr const char* driving = "a\x1b]52;c;eA==\x07\tb\x1b[2J\nc\xC2\x9B"
                                "2J";

/// Ends a turn that said `message`, with this as standard output.
void end_turn(int standard_output, const std::string& message) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  printer uut{{common::output_channel{standard_output}, common::output_channel{nowhere}},
              human_output{text_style::plain, reasoning_display::summary}};
  common::turn_outcome outcome;
  outcome.on(task_started{});
  outcome.on(task_complete{message});
  uut.end(outcome);
  ::close(nowhere);
}

/// What a terminal is told.
std::string shown_on_terminal(const std::string& message) {
  const int controller = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (controller < 0 || ::grantpt(controller) != 0 || ::unlockpt(controller) != 0)
    CAF_FAIL("no terminal can be made");
  const int terminal = ::open(::ptsname(controller), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings{};
  ::tcgetattr(terminal, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(terminal, TCSANOW, &settings);
  end_turn(terminal, message);
  std::array<char, 4096> buffer;
  const auto count = ::read(controller, buffer.data(), buffer.size());
  ::close(terminal);
  ::close(controller);
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

} // namespace

SCENARIO("no final message can drive the terminal that is standard output") {
  CHECK_EQ(shown_on_terminal("one\n\ttwo"), "one\n\ttwo\n");
  CHECK_EQ(shown_on_terminal(driving), "a\uFFFD]52;c;eA==\uFFFD\tb\uFFFD[2J\nc\uFFFD2J\n");
}

SCENARIO("a file gets the final message to the byte") {
  test::temp_folder folder;
  const auto file = folder.write("out", "");
  const int out = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  end_turn(out, driving);
  ::close(out);
  std::ostringstream written;
  written << std::ifstream{file, std::ios::binary}.rdbuf();
  CHECK_EQ(written.str(), std::string{driving} + "\n");
}
