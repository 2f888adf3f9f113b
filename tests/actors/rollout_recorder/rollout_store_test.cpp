#define CAF_SUITE rollout_store
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/rollout_store.hpp"

#include "actors/rollout_recorder/line_codec.hpp"
#include "tests/actors/rollout_recorder/rollout_samples.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <regex>

using namespace troupe;
using namespace troupe::rollout_recorder;
using namespace std::literals;
using troupe::test::sample_thread;
using troupe::test::text_of;

namespace {

namespace fs = std::filesystem;

struct fixture {
  test::temp_folder home;
  store_settings settings = test::sample_settings(home.path());

  fixture() {
    setenv("TZ", "UTC-1", 1); // one hour ahead of UTC, as in the contract's example
    tzset();
  }

  created_rollout create_thread(unsigned n) const {
    return created_with(settings, test::sample_meta(sample_thread(n)));
  }

  static created_rollout created_with(const store_settings& settings, const session_meta& meta) {
    auto result = create(settings, meta);
    REQUIRE(std::holds_alternative<created_rollout>(result));
    return std::move(std::get<created_rollout>(result));
  }

  loaded_rollout loaded(const fs::path& path) const {
    auto result = load(settings, {std::nullopt, path.string()});
    REQUIRE(std::holds_alternative<loaded_rollout>(result));
    return std::move(std::get<loaded_rollout>(result));
  }

  store_error load_failure(const load_rollout& request) const {
    const auto result = load(settings, request);
    REQUIRE(std::holds_alternative<store_error>(result));
    return std::get<store_error>(result);
  }

  append_outcome write(const fs::path& path, std::optional<open_file> file,
                       std::vector<append_lines> appends) const {
    return append(settings, {path, std::move(file), std::move(appends)});
  }
};

append_lines context(std::string_view name) {
  return {test::line(line_kind::context, fmt::format(R"({{"cwd":"{}"}})", name))};
}

append_lines large_lines(std::size_t count) {
  return append_lines(
    count, test::line(line_kind::context, "{\"x\":\"" + std::string(10'000, 'x') + "\"}"));
}

/// A small file system of its own; needs root.
class small_disk {
public:
  explicit small_disk(const fs::path& folder) : folder_(folder) {
    mounted_ = mount("none", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
    if (!mounted_)
      std::cerr << "SKIPPED: full disk on a tmpfs; mounting is not permitted here\n";
  }
  ~small_disk() {
    if (mounted_)
      umount2(folder_.c_str(), MNT_DETACH);
  }
  bool is_mounted() const { return mounted_; }

private:
  fs::path folder_;
  bool mounted_ = false;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a new thread's file has the contract's place, name and first line") {
  const auto created = create_thread(1);
  CHECK_EQ(created.path,
           home.path() / "sessions/2026/02/07/"
                         "rollout-2026-02-07T10-15-04-00000000-0000-4000-8000-000000000001.jsonl");
  CHECK_EQ(text_of(created.path),
           R"({"timestamp":"2026-02-07T09:15:04.120Z","type":"session_meta","payload":)"
           R"({"id":"00000000-0000-4000-8000-000000000001","timestamp":"2026-02-07T09:15:04.120Z",)"
           R"("cwd":"/nowhere/demo","originator":"troupe_tests","cli_version":"0.1.0",)"
           R"("source":"cli","model_provider":"openai",)"
           R"("base_instructions":{"text":"You are a coding agent."}}})"
           "\n");
}

SCENARIO("a thread's own originator goes before the default, and git facts come from its folder") {
  auto meta = test::sample_meta(sample_thread(1));
  meta.originator = "sdk";
  meta.cwd = home.make_folder("tree/src").string();
  home.write("tree/.git/HEAD", "ref: refs/heads/main\n");
  home.write("tree/.git/refs/heads/main", "7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e\n");
  const auto text = text_of(created_with(settings, meta).path);
  CHECK(text.find(R"("originator":"sdk")") != std::string::npos);
  CHECK(text.find(R"("git":{"commit_hash":"7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e",)"
                  R"("branch":"main"}})") != std::string::npos);
}

SCENARIO("lines are appended whole, with a UTC time, and only those that belong there") {
  auto created = create_thread(1);
  auto lines = context("/a");
  lines.push_back(test::line(line_kind::event, R"({"type":"task_started"})"));
  lines.push_back(test::user_event("hello"));
  auto outcome = write(created.path, std::move(created.file), {lines, context("/b")});
  CHECK(!outcome.error);
  CHECK_EQ(outcome.written, 2U);
  outcome.file.reset();
  const auto history = loaded(created.path).history;
  CHECK_EQ(history.thread, sample_thread(1));
  CHECK_EQ(history.path, created.path);
  CHECK_EQ(history.damaged_lines, 0U);
  REQUIRE_EQ(history.lines.size(), 4U);
  CHECK(history.lines[2] == test::user_event("hello"));
  const std::regex form{R"(\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","type":"[a-z_]+")"
                        R"(,"payload":\{.*\}\})"};
  std::istringstream text{text_of(created.path)};
  for (std::string line; std::getline(text, line);)
    CHECK(std::regex_match(line, form));
}

SCENARIO("a large append goes out in pieces and arrives whole") {
  auto created = create_thread(1);
  auto outcome =
    write(created.path, std::move(created.file), {large_lines(250), {}, context("/end")});
  CHECK_EQ(outcome.written, 3U);
  outcome.file.reset();
  CHECK_EQ(loaded(created.path).history.lines.size(), 252U);
}

SCENARIO("loading adds nothing; the first append behind a torn tail starts on a fresh line") {
  auto created = create_thread(1);
  const auto path = created.path;
  created = {};
  test::append_text(path, "garbage in the middle\n" + std::string(R"({"timestamp":"2026-02)"));
  const auto before = text_of(path);
  auto first = loaded(path);
  CHECK(first.history.torn_tail);
  CHECK_EQ(first.history.damaged_lines, 2U);
  CHECK_EQ(first.history.lines.size(), 1U);
  CHECK_EQ(text_of(path), before);
  auto flushed = write(path, std::move(first.file), {{}});
  CHECK_EQ(text_of(path), before);
  flushed = write(path, std::move(flushed.file), {context("/a")});
  CHECK(!flushed.error);
  flushed.file.reset();
  CHECK(text_of(path).starts_with(before + "\n{"));
  const auto second = loaded(path);
  CHECK_EQ(second.history.lines.size(), 2U);
  CHECK_EQ(second.history.damaged_lines, 2U);
  CHECK(!second.history.torn_tail);
}

SCENARIO("a tail cut inside a character never makes the file unreadable") {
  auto created = create_thread(1);
  const auto path = created.path;
  created = {};
  test::append_text(path, "{\"timestamp\":\"\xe2\x82");
  auto first = loaded(path);
  CHECK(first.history.torn_tail);
  write(path, std::move(first.file), {context("/a")});
  CHECK_EQ(loaded(path).history.lines.size(), 2U);
  CHECK_EQ(text_of(path).find('\xe2'), std::string::npos);
}

SCENARIO("a rollout is found by its thread's id") {
  create_thread(1);
  const auto result = load(settings, {sample_thread(1), ""});
  REQUIRE(std::holds_alternative<loaded_rollout>(result));
  CHECK_EQ(std::get<loaded_rollout>(result).history.thread, sample_thread(1));
  const auto error = load_failure({sample_thread(2), ""});
  CHECK(error.code == errc::no_such_rollout);
  CHECK_EQ(error.message, "no rollout found for thread id 00000000-0000-4000-8000-000000000002");
}

SCENARIO("files that are no rollouts fail with the contract's words") {
  const auto failure = [&](std::string_view text) {
    return load_failure({std::nullopt, home.write("x.jsonl", text).string()});
  };
  CHECK(failure("").code == errc::rollout_unreadable);
  CHECK(failure(" \n").message.starts_with("empty session file"));
  CHECK(failure("{}\n").message.starts_with("failed to parse thread ID from rollout file"));
  CHECK(failure("\n\xff\n")
          .message.starts_with("failed to parse thread ID from rollout file: line 2 cannot be "
                               "read, it holds bytes that are no "
                               "UTF-8; put it right"));
  CHECK(failure("\xff\xfe{\0\n\0"sv).message.find("line 1 cannot be read, it is UTF-16") !=
        std::string::npos);
  CHECK(load_failure({std::nullopt, (home.path() / "gone").string()}).code ==
        errc::no_such_rollout);
  CHECK(load_failure({std::nullopt, home.path().string()}).code == errc::rollout_unwritable);
}

SCENARIO("a rollout that is being written can be read, but not opened a second time") {
  auto created = create_thread(1);
  const auto path = created.path;
  const auto read_back = read_rollout(path);
  REQUIRE(std::holds_alternative<rollout_history>(read_back));
  CHECK_EQ(std::get<rollout_history>(read_back).lines.size(), 1U);
  CHECK(load_failure({std::nullopt, path.string()}).code == errc::invalid_request);
  CHECK(std::get<store_error>(read_rollout(home.path() / "gone")).code == errc::no_such_rollout);
}

SCENARIO("creation below a file fails with the folder and the cause") {
  const auto blocked = test::sample_settings(home.write("home", "a file"));
  const auto result = create(blocked, test::sample_meta(sample_thread(1)));
  REQUIRE(std::holds_alternative<store_error>(result));
  const auto& error = std::get<store_error>(result);
  CHECK(error.code == errc::rollout_unwritable);
  CHECK(error.message.find("home/sessions") != std::string::npos);
}

SCENARIO("a rollout that was deleted is not created again by an append") {
  auto created = create_thread(1);
  fs::remove(created.path);
  const auto outcome = write(created.path, std::nullopt, {context("/a")});
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->code == errc::rollout_unwritable);
  CHECK(!exists(created.path));
}

SCENARIO("a full disk fails the append with the cause; with space again it goes on") {
  const small_disk disk{home.make_folder("disk")};
  if (disk.is_mounted()) {
    settings = test::sample_settings(home.path() / "disk");
    auto created = create_thread(1);
    const auto path = created.path;
    home.write("disk/ballast", std::string(20'000, 'x'));
    auto outcome =
      write(path, std::move(created.file), {context("/a"), large_lines(10), context("/lost")});
    REQUIRE(outcome.error.has_value());
    CHECK(outcome.error->code == errc::rollout_unwritable);
    CHECK(outcome.error->message.find("No space left on device") != std::string::npos);
    CHECK_EQ(outcome.written, 1U);
    CHECK(!outcome.file);

    fs::remove(home.path() / "disk/ballast");
    outcome = write(path, std::nullopt, {context("/b")});
    CHECK(!outcome.error);
    outcome.file.reset();
    const auto history = loaded(path).history;
    CHECK_EQ(history.damaged_lines, 1U);
    CHECK(!history.torn_tail);
    CHECK(history.lines[1] == context("/a")[0]);
    CHECK(history.lines.back() == context("/b")[0]);
  }
}

SCENARIO("a creation on a full disk leaves no file behind") {
  const small_disk disk{home.make_folder("disk")};
  if (disk.is_mounted()) {
    settings = test::sample_settings(home.path() / "disk");
    std::ofstream ballast{home.path() / "disk/ballast"};
    ballast << std::string(100'000, 'x') << std::flush;
    const auto result = create(settings, test::sample_meta(sample_thread(1)));
    CHECK(std::holds_alternative<store_error>(result));
    for (const auto& entry : fs::recursive_directory_iterator{home.path() / "disk"})
      CHECK(entry.path().extension() != ".jsonl");
  }
}

END_FIXTURE_SCOPE()
