#define CAF_SUITE bound_verdict
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/bound_verdict.hpp"

using namespace std::literals;
using namespace troupe::net;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr process_bounds bounds{
  .max_memory_bytes = 512 * mebibyte, .max_processes = 1024, .max_file_bytes = 0};

} // namespace

SCENARIO("who exceeds a bound is told which one") {
  CHECK_EQ(verdict_on({512 * mebibyte, 1024}, bounds), "");
  CHECK_EQ(verdict_on({1, 1025}, bounds),
           "ended: more than 1024 processes ([tools] max_processes)");
  CHECK_EQ(verdict_on({513 * mebibyte, 1}, bounds),
           "ended: more than 512.0 MiB of memory ([tools] max_memory)");
  CHECK_EQ(verdict_on({1, 1, 4096}, bounds), "");
  CHECK_EQ(verdict_on({1, 1, 4097}, bounds), process_verdict(bounds));
  CHECK_EQ(verdict_on({1ull << 60, 1ull << 30, 1ull << 30}, {}), ""); // nothing is bounded
}

SCENARIO("that nothing but looking holds the bounds is told with its cause and what helps") {
  const auto scope = watched_notice("cannot make /x: Permission denied", init_system::systemd);
  CHECK_NE(scope.find("(cannot make /x: Permission denied)"), std::string::npos);
  CHECK_NE(scope.find("`systemd-run --user --scope troupe ...`"), std::string::npos);
  const auto container = watched_notice("this machine has none", init_system::other);
  CHECK_EQ(container.find("systemd-run"), std::string::npos);
  CHECK_NE(container.find("/sys/fs/cgroup"), std::string::npos);
}

SCENARIO("sizes are told in units that people read") {
  CHECK_EQ(size_text(1000), "1000 bytes");
  CHECK_EQ(size_text(1536 * 1024), "1.5 MiB");
  CHECK_EQ(size_text(16ull << 30), "16.0 GiB");
}

SCENARIO("who is near its bounds is looked at more often, within a twentieth of a core") {
  CHECK(next_pause(100ms, 0.1, 0us) == 200ms);
  CHECK(next_pause(500ms, 0.1, 0us) == 500ms);
  CHECK(next_pause(500ms, 0.5, 0us) == 50ms);
  CHECK(next_pause(50ms, 0.5, 20ms) == 400ms);
}

SCENARIO("who fills a disk is the one that has written most since it became low") {
  disk_watch watch;
  disk_state disk{.total_bytes = 100'000 * mebibyte, .free_bytes = 900 * mebibyte};
  REQUIRE(disk_watch::is_low(disk));
  CHECK(!watch.look(8, disk, {{1, 5000 * mebibyte}, {2, 10 * mebibyte}}));
  disk.free_bytes -= 200 * mebibyte;
  CHECK_EQ(watch.look(8, disk, {{1, 10}, {2, 200 * mebibyte}}).value_or(0), 2u);
}

SCENARIO("small writes of many short processes add up") {
  disk_watch watch;
  disk_state disk{.total_bytes = 100'000 * mebibyte, .free_bytes = 900 * mebibyte};
  CHECK(!watch.look(8, disk, {}));
  disk.free_bytes -= mebibyte;
  CHECK(!watch.look(8, disk, {{3, mebibyte / 2}}));
  disk.free_bytes -= mebibyte;
  CHECK_EQ(watch.look(8, disk, {{3, mebibyte / 2}}).value_or(0), 3u);
}

SCENARIO("a disk that was full before, and does not shrink, harms nobody") {
  disk_watch watch;
  const disk_state full{.total_bytes = 100'000 * mebibyte, .free_bytes = 0};
  for (int i = 0; i < 5; ++i)
    CHECK(!watch.look(8, full, {{1, 5000 * mebibyte}, {2, 10 * mebibyte}}));
}

SCENARIO("who writes nothing is not blamed for a disk that shrinks") {
  disk_watch watch;
  disk_state disk{.total_bytes = 100'000 * mebibyte, .free_bytes = 900 * mebibyte};
  CHECK(!watch.look(8, disk, {{1, 0}}));
  disk.free_bytes = 0;
  CHECK(!watch.look(8, disk, {{1, 1000}}));
}

SCENARIO("a disk that gets space back is measured anew") {
  disk_watch watch;
  const disk_state low{.total_bytes = 100'000 * mebibyte, .free_bytes = 900 * mebibyte};
  CHECK(!watch.look(8, low, {{1, 0}}));
  watch.forget(8);
  CHECK(!watch.look(8, {low.total_bytes, 0}, {{1, 100 * mebibyte}}));
}

SCENARIO("the floor of a disk is a fiftieth of it, within limits") {
  CHECK_EQ(disk_floor(100 * mebibyte), 16 * mebibyte);
  CHECK_EQ(disk_floor(10'000 * mebibyte), 200 * mebibyte);
  CHECK_EQ(disk_floor(1'000'000 * mebibyte), 1024 * mebibyte);
}
