#define CAF_SUITE exchange
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/exchange_store.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>

using namespace troupe;
using namespace troupe::model_client;

namespace {

const auto thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000");

exchange one(std::string request, int status = 200, std::string body = "data: x\n\n") {
  exchange x{.path = "responses",
             .request = std::move(request),
             .status = status,
             .headers = {},
             .body = std::move(body)};
  x.headers.set("content-type", "text/event-stream");
  return x;
}

std::vector<fragment> body(std::string text) {
  return {std::make_shared<const std::string>(std::move(text)), nullptr};
}

exchange_recorder recorder_at(const std::filesystem::path& folder) {
  return {folder, [](const std::function<void()>& run) { run(); }};
}

} // namespace

SCENARIO("requests of different threads compare equal") {
  const auto other = *parse_thread_id("019c3c5e-1111-7000-8000-000000000000");
  const auto text = [](const thread_id& x) {
    return comparable_request(
      body(R"({"k":")" + to_string(x) + R"(","t":"in )" + to_string(x) + R"("})"), x);
  };
  CHECK_EQ(text(thread), R"({"k":"<thread>","t":"in <thread>"})");
  CHECK_EQ(text(thread), text(other));
}

SCENARIO("an exchange is read back as it was written") {
  for (const auto* text : {"", "\n", "data: a\n\ndata: b\r\n\n", "no line end"}) {
    const auto x = one(R"({"input":[1, 2],"s":"\u00e9"})", 200, text);
    CHECK(parse_exchange(print_exchange(x)) == x);
  }
  const auto raw = one("not json", 500, "busy");
  CHECK(parse_exchange(print_exchange(raw)) == raw);
}

SCENARIO("what is no exchange is none") {
  for (const auto* text : {"", "[]", "{}", "nonsense",
                           R"({"path":"p","request":{},"status":"200","headers":{},"body":[]})",
                           R"({"path":"p","request":{},"status":200,"headers":{},"body":[1]})"}) {
    CHECK(!parse_exchange(text));
  }
}

SCENARIO("headers that may hold a secret are not kept") {
  net::header_list all;
  for (const auto* name : {"Set-Cookie", "Authorization", "x-codex-turn-state", "server",
                           "X-Codex-Primary-Used-Percent", "x-ratelimit-limit-requests",
                           "Retry-After", "X-Models-Etag"})
    all.set(name, "v");
  CHECK_EQ(kept_headers(all).size(), 4u);
  CHECK(kept_headers(all).contains("retry-after"));
}

SCENARIO("the first difference of two requests is named") {
  CHECK_EQ(first_difference(R"({"a":1,"b":[{"c":1}]})", R"({"a":1,"b":[{"c":2}]})"), "b[0].c");
  CHECK_EQ(first_difference(R"({"a":[1,2]})", R"({"a":[1]})"), "a[1]");
  CHECK_EQ(first_difference(R"({"a":1})", R"({"a":1,"b":{}})"), "b");
  CHECK_EQ(first_difference(R"({"a":1,"b":{}})", R"({"a":1})"), "b");
  CHECK_EQ(first_difference(R"({"a":1})", R"({"a":1})"), "");
  CHECK_EQ(first_difference("x", "{}"), "the whole request");
}

SCENARIO("a recording is played back, the same request in the order of its answers") {
  const test::temp_folder folder;
  auto recorder = recorder_at(folder.path() / "new");
  recorder.record(one(R"({"n":1})", 200, "first"));
  recorder.record(one(R"({"n":1})", 200, "second"));
  recorder.record(one(R"({"n":2})", 200, "other"));
  auto loaded = exchange_replay::load(folder.path() / "new");
  REQUIRE(std::holds_alternative<exchange_replay>(loaded));
  auto& replay = std::get<exchange_replay>(loaded);
  CHECK_EQ(replay.next("responses", R"({"n":1})", 4).found->body, "first");
  CHECK_EQ(replay.next("responses", R"({"n":2})", 4).found->body, "other");
  CHECK_EQ(replay.next("responses", R"({"n":1})", 4).found->body, "second");
  const auto again = replay.next("responses", R"({"n":1})", 4);
  CHECK(again.found == nullptr);
  CHECK(again.problem.find("recorded 2 time(s)") != std::string::npos);
}

SCENARIO("what is recorded goes into the folder that was there at the start, through no link") {
  const test::temp_folder folder;
  const auto victim = folder.write("victim/file", "untouched");
  auto recorder = recorder_at(folder.path() / "new");
  recorder.record(one("{}", 200, "first"));
  std::vector<std::filesystem::path> files;
  for (const auto& x : std::filesystem::directory_iterator{folder.path() / "new"})
    files.push_back(x.path());
  REQUIRE_EQ(files.size(), 1u);
  auto next = files[0].string();
  REQUIRE(next.ends_with("-0001.json"));
  next.replace(next.size() - 6, 1, "2");
  std::filesystem::create_symlink(victim, next);
  recorder.record(one("{}", 200, "second"));
  CHECK(!std::filesystem::is_symlink(next));
  std::filesystem::rename(folder.path() / "new", folder.path() / "moved");
  std::filesystem::create_directory_symlink("victim", folder.path() / "new");
  recorder.record(one("{}", 200, "third"));
  CHECK(std::filesystem::exists(folder.path() / "moved" / files[0].filename()));
  CHECK_EQ(std::distance(std::filesystem::directory_iterator{folder.path() / "moved"}, {}), 3);
  CHECK_EQ(std::distance(std::filesystem::directory_iterator{folder.path() / "victim"}, {}), 1);
  std::ifstream content{victim};
  std::string text;
  CHECK(std::getline(content, text) && text == "untouched");
}

SCENARIO("failures that the client repeats are passed over, as far as it repeats them") {
  const std::vector<exchange> recorded{one("{}", 500), one("{}", 503), one("{}", 200)};
  exchange_replay patient{recorded};
  CHECK_EQ(patient.next("responses", "{}", 4).found->status, 200);
  exchange_replay hasty{recorded};
  CHECK_EQ(hasty.next("responses", "{}", 1).found->status, 503);
  CHECK_EQ(hasty.next("responses", "{}", 1).found->status, 200);
}

SCENARIO("a replay says what diverged") {
  exchange_replay x{{one(R"({"model":"m","input":[{"a":1}]})"), one(R"({"model":"x"})")}};
  const auto problem = x.next("responses", R"({"model":"m","input":[{"a":2}]})", 0).problem;
  CHECK(problem.find("differs first at input[0].a") != std::string::npos);
  CHECK(x.next("responses/compact", "{}", 0).problem.find("no request to responses/compact") !=
        std::string::npos);
}

SCENARIO("a folder that is no recording is refused") {
  const test::temp_folder folder;
  CHECK(std::holds_alternative<std::string>(exchange_replay::load(folder.path() / "none")));
  CHECK(std::holds_alternative<std::string>(exchange_replay::load(folder.path())));
  std::ofstream{folder.path() / "a.json"} << "nonsense";
  const auto loaded = exchange_replay::load(folder.path());
  REQUIRE(std::holds_alternative<std::string>(loaded));
  CHECK(std::get<std::string>(loaded).find("a.json") != std::string::npos);
}
