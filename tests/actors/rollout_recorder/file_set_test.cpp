#define CAF_SUITE file_set
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/file_set.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

#include <fcntl.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::rollout_recorder;
using troupe::test::sample_thread;

namespace {

open_file any_file() {
  return {descriptor{open("/dev/null", O_RDWR | O_CLOEXEC)}, false};
}

bool is_open(int number) {
  return fcntl(number, F_GETFD) >= 0;
}

} // namespace

SCENARIO("a file is handed out once") {
  file_set files{3};
  files.put(sample_thread(1), any_file());
  const auto file = files.take(sample_thread(1));
  REQUIRE(file.has_value());
  CHECK(is_open(file->file.number()));
  CHECK(!files.take(sample_thread(1)));
  CHECK(!files.take(sample_thread(2)));
}

SCENARIO("beyond the limit the file that was used longest ago is closed") {
  file_set files{2};
  for (unsigned n = 1; n <= 2; ++n)
    files.put(sample_thread(n), any_file());
  files.put(sample_thread(1), files.take(sample_thread(1)).value());
  auto second = files.take(sample_thread(2)).value();
  const int number = second.file.number();
  files.put(sample_thread(2), std::move(second));
  files.put(sample_thread(1), files.take(sample_thread(1)).value());
  files.put(sample_thread(3), any_file());
  CHECK_EQ(files.size(), 2U);
  CHECK(!is_open(number));
  CHECK(!files.take(sample_thread(2)));
  CHECK(files.take(sample_thread(1)).has_value());
  CHECK(files.take(sample_thread(3)).has_value());
}

SCENARIO("a limit of zero keeps nothing open") {
  file_set files{0};
  auto file = any_file();
  const int number = file.file.number();
  files.put(sample_thread(1), std::move(file));
  CHECK(!is_open(number));
  CHECK_EQ(files.size(), 0U);
}
