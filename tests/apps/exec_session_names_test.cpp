#define CAF_SUITE exec_session_names
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/session_names.hpp"

using namespace troupe;
using namespace troupe::exec;

namespace {

constexpr std::string_view one = "0199a213-81c0-7800-8aa1-000000000001";
constexpr std::string_view two = "0199a213-81c0-7800-8aa1-000000000002";

std::string line(std::string_view id, std::string_view name) {
  return "{\"id\":\"" + std::string{id} + "\",\"thread_name\":\"" + std::string{name} +
         "\",\"updated_at\":\"2026-02-07T10:00:00Z\"}\n";
}

std::string found(std::string_view index, std::string_view name) {
  const auto id = find_thread_name(index, name);
  return id ? to_string(*id) : "";
}

} // namespace

SCENARIO("a thread is found by the name that it carries now") {
  const auto index = line(one, "first") + line(two, "second") + line(one, "renamed");
  CHECK_EQ(found(index, "renamed"), one);
  CHECK_EQ(found(index, "second"), two);
  CHECK_EQ(found(index, "first"), "");
  CHECK_EQ(found(index, "none"), "");
  CHECK_EQ(found("", "none"), "");
}

SCENARIO("of several threads with one name the one named last is meant") {
  CHECK_EQ(found(line(one, "x") + line(two, "x"), "x"), two);
  CHECK_EQ(found(line(one, "x") + line(two, "x") + line(two, "y"), "x"), one);
}

SCENARIO("damaged lines do not count") {
  CHECK_EQ(
    found("{\"id\":\n[]\n{}\n" + line(one, "x") + "{\"id\":\"no id\",\"thread_name\":\"x\"}", "x"),
    one);
}
