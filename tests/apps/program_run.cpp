#include "tests/apps/program_run.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace troupe::apps_test {

namespace {

/// The program is built beside the test program.
std::string program_path() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "troupe").string();
}

std::string temporary_file() {
  auto name = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0)
    throw std::runtime_error("cannot create a temporary file");
  ::close(descriptor);
  return name;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const std::map<std::string, std::string>& env) {
  std::vector<std::string> out;
  for (const auto* name : {"PATH", "TMPDIR", "LD_LIBRARY_PATH"})
    if (const auto* value = std::getenv(name); value != nullptr && !env.contains(name))
      out.push_back(std::string{name} + "=" + value);
  for (const auto& [name, value] : env)
    out.push_back(name + "=" + value);
  return out;
}

/// A descriptor at the start of a file that holds the text: no writer is needed beside the reader.
int input_of(const std::optional<std::string>& text) {
  if (!text)
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto name = temporary_file();
  std::ofstream{name, std::ios::binary} << *text;
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  ::unlink(name.c_str());
  return descriptor;
}

} // namespace

program_run::program_run(setup x) : error_file_(temporary_file()) {
  x.words.insert(x.words.begin(), program_path());
  auto env = environment_of(x.env);
  const auto argv = pointers(x.words);
  const auto envp = pointers(env);
  const int input = input_of(x.stdin_text);
  const int error = ::open(error_file_.c_str(), O_WRONLY | O_CLOEXEC);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("cannot create a pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(input, STDIN_FILENO);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(error, STDERR_FILENO);
    if (x.cwd.empty() || ::chdir(x.cwd.c_str()) == 0)
      ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(input);
  ::close(error);
  ::close(pipe[1]);
  output_ = pipe[0];
}

program_run::~program_run() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_output();
  ::unlink(error_file_.c_str());
}

std::optional<std::string> program_run::read_line() {
  for (;;) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> buffer;
    const auto count = ::read(output_, buffer.data(), buffer.size());
    if (count <= 0)
      return std::nullopt;
    pending_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void program_run::close_output() {
  if (output_ >= 0)
    ::close(std::exchange(output_, -1));
}

void program_run::send_signal(int number) const {
  ::kill(pid_, number);
}

program_run::ending program_run::finish() {
  ending out;
  while (auto line = read_line())
    out.output += *line + '\n';
  out.output += pending_;
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  std::ostringstream error;
  error << std::ifstream{error_file_}.rdbuf();
  out.error = error.str();
  return out;
}

program_run::ending run_program(program_run::setup x) {
  return program_run{std::move(x)}.finish();
}

} // namespace troupe::apps_test
