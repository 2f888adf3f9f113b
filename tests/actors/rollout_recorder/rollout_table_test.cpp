#define CAF_SUITE rollout_table
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/rollout_table.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;
using troupe::test::sample_thread;

namespace {

append_lines one_line() {
  return {test::line(line_kind::context, "{}")};
}

const store_error disk_full{errc::rollout_unwritable, "disk full"};

append_outcome success(std::size_t written) {
  return {open_file{}, written, std::nullopt};
}

append_outcome failure(std::size_t written) {
  return {std::nullopt, written, disk_full};
}

/// "1 2 !3": request 3 failed.
std::string settled(rollout_table& table) {
  std::string text;
  for (const auto& [number, error] : table.take_settled())
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", error ? "!" : "", number);
  return text;
}

/// "1:2" is a write of two appends of thread 1.
std::string started(rollout_table& table) {
  std::string text;
  for (const auto& write : table.start_writes())
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", write.thread.bytes[15],
                        write.job.appends.size());
  return text;
}

void open(rollout_table& table, unsigned n) {
  REQUIRE(!table.add(sample_thread(n)));
  table.set_open(sample_thread(n), fmt::format("/rollouts/{}", n), {});
}

std::optional<errc> append(rollout_table& table, unsigned n, ticket number) {
  const auto error = table.append(sample_thread(n), one_line(), number);
  return error ? std::optional{error->code} : std::nullopt;
}

} // namespace

SCENARIO("appends are written in batches and answered in order") {
  rollout_table table{{}};
  open(table, 1);
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "1:1");
  CHECK(!append(table, 1, 11));
  CHECK(!append(table, 1, 12));
  CHECK_EQ(started(table), "");
  CHECK_EQ(settled(table), "");
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(settled(table), "10");
  CHECK_EQ(started(table), "1:2");
  table.finish_write(sample_thread(1), success(2));
  CHECK_EQ(settled(table), "11 12");
  CHECK(table.is_drained());
}

SCENARIO("appends before the rollout is open wait for it") {
  rollout_table table{{}};
  REQUIRE(!table.add(sample_thread(1)));
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "");
  table.set_open(sample_thread(1), "/rollouts/1", {});
  CHECK_EQ(started(table), "1:1");
}

SCENARIO("when opening fails, what waits for it fails, and closes are answered") {
  rollout_table table{{}};
  REQUIRE(!table.add(sample_thread(1)));
  CHECK(!append(table, 1, 10));
  CHECK(!table.close(sample_thread(1), 11));
  table.remove(sample_thread(1), disk_full);
  CHECK_EQ(settled(table), "!10 11");
  CHECK(!table.contains(sample_thread(1)));
}

SCENARIO("a failed write fails what is queued behind it; the next append is tried again") {
  rollout_table table{{}};
  open(table, 1);
  for (ticket number = 10; number < 13; ++number)
    CHECK(!append(table, 1, number));
  CHECK_EQ(started(table), "1:3");
  CHECK(!append(table, 1, 13));
  table.finish_write(sample_thread(1), failure(1));
  CHECK_EQ(settled(table), "10 !11 !12 !13");
  CHECK_EQ(started(table), "");
  CHECK(!append(table, 1, 14));
  const auto writes = table.start_writes();
  REQUIRE_EQ(writes.size(), 1U);
  CHECK(!writes[0].job.file);
  CHECK_EQ(writes[0].job.path, "/rollouts/1");
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(settled(table), "14");
}

SCENARIO("closing waits for what is queued and then forgets the rollout") {
  rollout_table table{{}};
  open(table, 1);
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "1:1");
  CHECK(!append(table, 1, 11));
  CHECK(!table.close(sample_thread(1), 12));
  CHECK(append(table, 1, 13) == errc::no_such_rollout);
  CHECK(!table.close(sample_thread(1), 14));
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(started(table), "1:1");
  CHECK_EQ(settled(table), "10");
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(settled(table), "11 12 14");
  CHECK(!table.contains(sample_thread(1)));
  CHECK(!table.add(sample_thread(1)));
}

SCENARIO("closing an idle rollout is immediate") {
  rollout_table table{{}};
  open(table, 1);
  CHECK(!table.close(sample_thread(1), 10));
  CHECK_EQ(settled(table), "10");
  CHECK(table.close(sample_thread(1), 11).value().code == errc::no_such_rollout);
}

SCENARIO("a failed write does not keep a rollout from closing") {
  rollout_table table{{}};
  open(table, 1);
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "1:1");
  CHECK(!table.close(sample_thread(1), 11));
  table.finish_write(sample_thread(1), failure(0));
  CHECK_EQ(settled(table), "!10 11");
  CHECK(table.is_drained());
}

SCENARIO("a thread has one rollout, and there is a limit to all") {
  rollout_table table{{.open_rollouts = 2}};
  open(table, 1);
  CHECK(table.add(sample_thread(1)).value().code == errc::invalid_request);
  open(table, 2);
  CHECK(table.add(sample_thread(3)).value().code == errc::queue_full);
}

SCENARIO("appends beyond the limit are refused at once and leave the others alone") {
  rollout_table table{{.per_thread = {.max_appends = 2}}};
  open(table, 1);
  CHECK(!append(table, 1, 10));
  CHECK(!append(table, 1, 11));
  CHECK(append(table, 1, 12) == errc::queue_full);
  CHECK_EQ(started(table), "1:2");
  table.finish_write(sample_thread(1), success(2));
  CHECK_EQ(settled(table), "10 11");
}

SCENARIO("writes under way are bounded and begin in the order in which they became due") {
  rollout_table table{{.parallel_writes = 2}};
  for (unsigned n = 1; n <= 4; ++n) {
    open(table, n);
    CHECK(!append(table, n, n));
  }
  CHECK_EQ(started(table), "1:1 2:1");
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "");
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(started(table), "3:1");
  table.finish_write(sample_thread(2), success(1));
  table.finish_write(sample_thread(3), success(1));
  CHECK_EQ(started(table), "4:1 1:1");
}

SCENARIO("clearing settles everything; writes that end later are of no account") {
  rollout_table table{{}};
  open(table, 1);
  CHECK(!append(table, 1, 10));
  CHECK_EQ(started(table), "1:1");
  CHECK(!append(table, 1, 11));
  CHECK(!table.close(sample_thread(1), 12));
  table.clear(disk_full);
  CHECK_EQ(settled(table), "!10 !11 12");
  table.finish_write(sample_thread(1), success(1));
  CHECK_EQ(settled(table), "");
  CHECK(table.is_drained());
}
