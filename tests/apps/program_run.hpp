#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::apps_test {

/// One run of the program itself, as a shell would start it: its own environment (of ours only PATH
/// and TMPDIR), stdin from a text or /dev/null, stdout through a pipe, stderr into a file.
class program_run {
public:
  struct setup {
    std::vector<std::string> words; ///< behind `troupe`
    std::string cwd;
    std::map<std::string, std::string> env;
    std::optional<std::string> stdin_text; ///< none: /dev/null
  };

  explicit program_run(setup x);
  /// Kills what still runs.
  ~program_run();
  program_run(const program_run&) = delete;
  program_run& operator=(const program_run&) = delete;

  /// The next line of stdout without its newline; none at the end.
  std::optional<std::string> read_line();

  /// Reads no more: the program's next write to stdout fails.
  void close_output();

  void send_signal(int number) const;

  struct ending {
    int exit_code = 0;  ///< or minus the signal that killed it
    std::string output; ///< what `read_line` has left
    std::string error;
  };

  /// Reads to the end of stdout and waits.
  ending finish();

private:
  std::string error_file_;
  std::string pending_;
  pid_t pid_ = -1;
  int output_ = -1;
};

/// Runs it to its end.
program_run::ending run_program(program_run::setup x);

} // namespace troupe::apps_test
