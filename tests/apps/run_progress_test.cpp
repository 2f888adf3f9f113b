#define CAF_SUITE run_progress
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/progress.hpp"

using namespace troupe::run;
using namespace std::chrono_literals;

namespace {

const progress_meter::time_point start{};

} // namespace

SCENARIO("the rate is that of the last half minute") {
  progress_meter uut{start};
  CHECK_EQ(uut.rate(), 0);
  progress_counts counts{.total = 1000};
  for (int second = 1; second <= 100; ++second) {
    counts.completed += second <= 60 ? 10 : 2;
    uut.update(counts, start + std::chrono::seconds{second});
    if (second == 10)
      CHECK_EQ(uut.rate(), 10);
  }
  CHECK_EQ(uut.rate(), 2);
}

SCENARIO("a bar fills the line and grows with what is done") {
  progress_meter uut{start};
  uut.update({.total = 200,
              .kept = 20,
              .running = 64,
              .completed = 78,
              .failed = 2,
              .interrupted = 0,
              .tokens = 1'234'567},
             start + 10s);
  CHECK_EQ(uut.bar(80),
           "[=========>         ] 100/200  running 64  failed 2  8.0/s  ETA 13s  tokens 1.2M");
  CHECK_EQ(uut.bar(200), "[====================>                   ] 100/200  running 64  failed 2 "
                         " 8.0/s  ETA 13s  tokens 1.2M");
  CHECK_EQ(uut.bar(60), "100/200  running 64  failed 2  8.0/s  ETA 13s  tokens 1.2M");
  CHECK_EQ(uut.bar(20), "100/200  running 64 ");
  CHECK_EQ(uut.plain_line(), "100/200  running 64  failed 2  8.0/s  ETA 13s  tokens 1.2M\n");
}

SCENARIO("at the end the bar is full and nothing is left to wait for") {
  progress_meter uut{start};
  uut.update({.total = 4, .completed = 3, .interrupted = 1, .tokens = 5}, start + 1s);
  CHECK_EQ(uut.bar(80),
           "[===============================] 4/4  running 0  interrupted 1  4.0/s  tokens 5");
}

SCENARIO("without a rate there is no estimate") {
  progress_meter uut{start};
  uut.update({.total = 4, .running = 4}, start);
  CHECK_EQ(uut.plain_line(), "0/4  running 4  0.0/s  tokens 0\n");
}

SCENARIO("rough durations") {
  CHECK_EQ(rough_duration(0s), "0s");
  CHECK_EQ(rough_duration(59s), "59s");
  CHECK_EQ(rough_duration(200s), "3m 20s");
  CHECK_EQ(rough_duration(3600s), "1h 00m");
  CHECK_EQ(rough_duration(7530s), "2h 05m");
}
