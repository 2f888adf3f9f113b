#include "net/thread_start.hpp"

#include <atomic>
#include <dlfcn.h>
#include <pthread.h>

namespace troupe::net {

namespace {

std::atomic<thread_start_guard::refusal> on_refusal{nullptr};

} // namespace

thread_start_guard::thread_start_guard(refusal refused) {
  on_refusal = refused;
}

thread_start_guard::~thread_start_guard() {
  on_refusal = nullptr;
}

} // namespace troupe::net

/// Takes the C library's place for the whole program, shared libraries included: nothing else sees
/// every thread that is asked for, and the answer. Does what the library's does.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* argument) noexcept {
  static const auto real =
    reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  const int error = real(thread, attributes, run, argument);
  if (error != 0)
    if (const auto refused = troupe::net::on_refusal.load())
      refused(error);
  return error;
}
