#include "apps/common/stop_signals.hpp"

#include "apps/common/output_channel.hpp"
#include "net/signal_desk.hpp"

#include <csignal>
#include <utility>

namespace troupe::common {

namespace {

net::signal_desk& desk() {
  static auto* const result = new net::signal_desk;
  return *result;
}

} // namespace

int exit_code_of_signal(int signal) {
  return 128 + signal;
}

void hold_stop_signals() {
  desk().hold({SIGINT, SIGTERM, SIGHUP});
}

void take_stop_signals(exit_code_function exit_code) {
  desk().start(exit_code);
}

void keep_result(int exit_code) {
  desk().keep(exit_code);
}

stop_signals::stop_signals(exit_code_function exit_code) {
  desk().watch(exit_code, bound_waits_for_readers);
}

stop_signals::~stop_signals() {
  desk().stop_with(nullptr);
}

void stop_signals::stop_with(std::function<void()> stop) {
  desk().stop_with(std::move(stop));
}

int stop_signals::first() {
  return desk().first();
}

} // namespace troupe::common
