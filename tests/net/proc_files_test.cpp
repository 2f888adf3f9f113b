#define CAF_SUITE proc_files
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/proc_files.hpp"
#include "net/unique_fd.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <functional>

#include <sys/mman.h>
#include <sys/wait.h>

using namespace troupe::net;

namespace {

constexpr std::size_t size = 32 * 1024 * 1024;

/// Two children of ours differ by less without a reason.
constexpr std::uint64_t noise = 1024 * 1024;

/// A process that has done something and waits.
class waiting_child {
public:
  explicit waiting_child(const std::function<void()>& work) {
    std::array<int, 2> ends{};
    CAF_REQUIRE_EQUAL(::pipe(ends.data()), 0);
    const unique_fd told{ends[0]};
    const unique_fd tell{ends[1]};
    pid_ = ::fork();
    if (pid_ == 0) {
      work();
      if (::write(tell.get(), "x", 1) == 1)
        ::pause();
      ::_exit(1);
    }
    char done = 0;
    CAF_REQUIRE_EQUAL(::read(told.get(), &done, 1), 1);
  }
  ~waiting_child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  waiting_child(const waiting_child&) = delete;
  waiting_child& operator=(const waiting_child&) = delete;

  pid_t pid() const { return pid_; }

private:
  pid_t pid_ = 0;
};

/// Memory that no process has touched yet.
class mapping {
public:
  explicit mapping(int kind)
    : bytes_(static_cast<volatile char*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | kind, -1, 0))) {}
  ~mapping() { ::munmap(const_cast<char*>(bytes_), size); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  void touch() const {
    for (std::size_t at = 0; at < size; at += 4096)
      bytes_[at] = 1;
  }

private:
  volatile char* bytes_;
};

} // namespace

SCENARIO("memory of its own counts for the process that has touched it") {
  const mapping own{MAP_PRIVATE};
  const waiting_child idle{[] {}};
  const waiting_child busy{[&] { own.touch(); }};
  CHECK_GE(memory_of(busy.pid()).own, memory_of(idle.pid()).own + size - noise);
  CHECK_LE(memory_of(busy.pid()).shared, memory_of(idle.pid()).shared + noise);
}

SCENARIO("shared memory counts for each that has touched it, a part of it once for all") {
  const mapping shared{MAP_SHARED};
  const waiting_child first{[&] { shared.touch(); }};
  CHECK_GE(memory_of(first.pid()).shared, size);
  CHECK_GE(part_of_shared_memory(first.pid()), size);
  const waiting_child second{[&] { shared.touch(); }};
  CHECK_GE(memory_of(second.pid()).shared, size);
  const auto sum = part_of_shared_memory(first.pid()) + part_of_shared_memory(second.pid());
  CHECK_GE(sum, size);
  CHECK_LE(sum, size + noise);
}

SCENARIO("a process that is gone has no memory") {
  CHECK_EQ(memory_of(-1).own, 0u);
  CHECK_EQ(part_of_shared_memory(-1), 0u);
}
