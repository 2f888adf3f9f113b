#define CAF_SUITE threads_command
#include <caf/test/bdd_dsl.hpp>

#include "apps/threads/threads_command.hpp"

#include "tests/support/temp_folder.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace troupe;

namespace {

/// A standard stream that goes to a file while the object lives.
class captured_stream {
public:
  captured_stream(int descriptor, const std::filesystem::path& file)
    : descriptor_(descriptor), saved_(::dup(descriptor)), file_(file) {
    std::ofstream{file_}.flush();
    std::FILE* opened = std::fopen(file_.c_str(), "w");
    ::dup2(::fileno(opened), descriptor_);
    std::fclose(opened);
  }
  captured_stream(const captured_stream&) = delete;
  captured_stream& operator=(const captured_stream&) = delete;
  ~captured_stream() {
    ::dup2(saved_, descriptor_);
    ::close(saved_);
  }

  std::string text() const {
    std::ifstream in{file_};
    return {std::istreambuf_iterator<char>(in), {}};
  }

private:
  int descriptor_;
  int saved_;
  std::filesystem::path file_;
};

struct result {
  int code = -1;
  std::string output;
  std::string errors;
};

struct fixture {
  test::temp_folder folder;
  std::filesystem::path home = folder.make_folder("home");

  fixture() { ::setenv("CODEX_HOME", home.c_str(), 1); }
  ~fixture() { ::unsetenv("CODEX_HOME"); }

  static std::string id(int n) { return fmt::format("00000000-0000-4000-8000-{:012}", n); }

  std::filesystem::path add_thread(int n, const std::string& provider,
                                   const std::string& where = "sessions/2026/02/07") const {
    return folder.write(
      fmt::format("home/{}/rollout-2026-02-07T10-00-{:02}-{}.jsonl", where, n, id(n)),
      fmt::format(
        R"({{"timestamp":"2026-02-07T09:00:00.000Z","type":"session_meta","payload":{{"id":"{}",)"
        R"("timestamp":"2026-02-07T09:00:00.000Z","cwd":"/w/{}","source":"exec",)"
        R"("model_provider":"{}"}}}})"
        "\n"
        R"({{"timestamp":"2026-02-07T09:00:00.000Z","type":"event_msg","payload":)"
        R"({{"type":"user_message","message":"task {}"}}}})"
        "\n",
        id(n), n, provider, n));
  }

  result run(const std::string& arguments) const {
    CLI::App app{"test"};
    std::function<int()> selected;
    threads::add_command(app, selected);
    app.parse(arguments);
    const captured_stream output{STDOUT_FILENO, folder.path() / "stdout"};
    const captured_stream errors{STDERR_FILENO, folder.path() / "stderr"};
    const int code = selected();
    return {code, output.text(), errors.text()};
  }
};

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("threads are listed as a table or as JSON, with limits and filters") {
  for (int n = 1; n <= 30; ++n)
    add_thread(n, n == 1 ? "local" : "openai");
  add_thread(31, "openai", "archived_sessions");
  CHECK_EQ(line_count(run("threads list").output), 26U);
  CHECK_EQ(line_count(run("threads list --limit 3").output), 4U);
  CHECK_EQ(line_count(run("threads list --all").output), 31U);
  CHECK_EQ(line_count(run("threads list --all --json").output), 30U);
  CHECK(run("threads list --provider local --json").output.find(id(1)) != std::string::npos);
  CHECK_EQ(line_count(run("threads list --cwd /w/7 --json").output), 1U);
  CHECK(run("threads list --archived --json").output.find(id(31)) != std::string::npos);
}

SCENARIO("an empty home lists nothing and is no failure") {
  const auto listed = run("threads list");
  CHECK_EQ(listed.code, 0);
  CHECK_EQ(listed.output, "");
  CHECK(listed.errors.find(home.string()) != std::string::npos);
  CHECK_EQ(run("threads list --json").errors, "");
}

SCENARIO("a thread is shown by id, active or archived, and by path") {
  const auto file = add_thread(1, "openai");
  add_thread(2, "openai", "archived_sessions");
  CHECK(run("threads show " + id(1)).output.find("[user]\ntask 1\n") != std::string::npos);
  CHECK(run("threads show " + id(2)).output.find("[user]\ntask 2\n") != std::string::npos);
  CHECK(run("threads show " + file.string()).output.find("task 1") != std::string::npos);
  CHECK_EQ(line_count(run("threads show --json " + id(1)).output), 2U);
}

SCENARIO("damaged lines are reported beside the conversation") {
  const auto file = add_thread(1, "openai");
  std::ofstream{file, std::ios::app} << "{\"timestamp\":\"20";
  const auto shown = run("threads show " + id(1));
  CHECK_EQ(shown.code, 0);
  CHECK(shown.output.find("task 1") != std::string::npos);
  CHECK(shown.errors.find("1 lines of") != std::string::npos);
}

SCENARIO("what is not there is named on stderr, with exit code 1") {
  for (const auto& arguments : {"threads show " + id(1), std::string{"threads show /gone.jsonl"}}) {
    const auto shown = run(arguments);
    CHECK_EQ(shown.code, 1);
    CHECK_EQ(shown.output, "");
    CHECK(shown.errors.starts_with("Error: "));
  }
  CHECK(run("threads show " + id(1).substr(0, 8)).errors.find("neither the whole id of a thread") !=
        std::string::npos);
  ::setenv("CODEX_HOME", "/gone", 1);
  const auto listed = run("threads list");
  CHECK_EQ(listed.code, 1);
  CHECK(listed.errors.find("CODEX_HOME") != std::string::npos);
}

END_FIXTURE_SCOPE()
