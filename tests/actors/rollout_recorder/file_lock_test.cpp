#define CAF_SUITE file_lock
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/file_lock.hpp"
#include "actors/rollout_recorder/store_files.hpp"

#include "tests/support/temp_folder.hpp"

#include <fmt/format.h>

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::rollout_recorder;

namespace {

/// A child process that locks the file and stays until it is killed.
class locking_child {
public:
  explicit locking_child(const std::filesystem::path& file) {
    int ready[2];
    REQUIRE_EQ(pipe(ready), 0);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL); // not to be left behind by a test that is aborted
      const int number = open(file.c_str(), O_RDWR | O_CLOEXEC);
      const bool locked = lock_file(number).outcome == lock_outcome::locked;
      (void)!write(ready[1], locked ? "y" : "n", 1);
      for (;;)
        pause();
    }
    char answer = 'n';
    REQUIRE_EQ(read(ready[0], &answer, 1), 1);
    REQUIRE_EQ(answer, 'y');
    close(ready[0]);
    close(ready[1]);
  }
  ~locking_child() { end(); }

  void end() {
    if (process_ <= 0)
      return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  pid_t process() const { return process_; }

private:
  pid_t process_ = 0;
};

store_error refusal(const std::filesystem::path& file) {
  auto opened = open_for_appending(file, if_missing::fail);
  REQUIRE(std::holds_alternative<store_error>(opened));
  return std::get<store_error>(opened);
}

} // namespace

SCENARIO("the holder of a lock is found in the system's list") {
  constexpr std::string_view locks = "1: POSIX  ADVISORY  WRITE 11 fd:01:700 0 EOF\n"
                                     "2: FLOCK  ADVISORY  WRITE 12 fd:01:70 0 EOF\n"
                                     "2: -> FLOCK  ADVISORY  WRITE 13 fd:01:700 0 EOF\n"
                                     "3: FLOCK  ADVISORY  WRITE 14 fd:01:700 0 EOF\n";
  CHECK(find_lock_holder(locks, {0xfd, 1, 700}) == 14);
  CHECK(find_lock_holder(locks, {0xfd, 1, 70}) == 12);
  CHECK(!find_lock_holder(locks, {0xfd, 2, 700}));
  CHECK(!find_lock_holder(locks, {0xfd, 1, 7}));
  CHECK(!find_lock_holder("", {0xfd, 1, 700}));
  CHECK(!find_lock_holder("nonsense\n: FLOCK\n3: FLOCK A W x y:z\n", {0xfd, 1, 700}));
}

SCENARIO("a rollout that another process has open is refused, and the process is named") {
  const test::temp_folder folder;
  const auto file = folder.write("rollout.jsonl", "{}\n");
  locking_child child{file};
  const auto error = refusal(file);
  CHECK(error.code == errc::rollout_unwritable);
  CHECK(error.message.find(fmt::format("process {} (", child.process())) != std::string::npos);
  child.end();
  CHECK(std::holds_alternative<descriptor>(open_for_appending(file, if_missing::fail)));
}

SCENARIO("a rollout that this process has open is refused as open") {
  const test::temp_folder folder;
  const auto file = folder.write("rollout.jsonl", "{}\n");
  {
    const auto first = open_for_appending(file, if_missing::fail);
    REQUIRE(std::holds_alternative<descriptor>(first));
    const auto error = refusal(file);
    CHECK(error.code == errc::invalid_request);
    CHECK(error.message.find("already open") != std::string::npos);
  }
  CHECK(std::holds_alternative<descriptor>(open_for_appending(file, if_missing::fail)));
}

SCENARIO("the lock goes with the descriptor even while a child holds a copy of it") {
  const test::temp_folder folder;
  const auto file = folder.write("rollout.jsonl", "{}\n");
  auto first = open_for_appending(file, if_missing::fail);
  REQUIRE(std::holds_alternative<descriptor>(first));
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      pause();
  }
  first = store_error{};
  CHECK(std::holds_alternative<descriptor>(open_for_appending(file, if_missing::fail)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}
