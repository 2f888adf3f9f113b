#define CAF_SUITE process_ledger
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/process_ledger.hpp"

#include <map>

using namespace troupe::net;

namespace {

constexpr pid_t guardian = 100;

process_facts process(pid_t pid, pid_t parent, pid_t session, std::uint64_t start_time = 1) {
  return {.pid = pid, .parent = parent, .session = session, .start_time = start_time, .state = 'S'};
}

command_number nobody(pid_t) {
  return 0;
}

struct fixture {
  process_ledger ledger;

  std::map<pid_t, command_number> owners(std::vector<process_facts> table,
                                         const process_ledger::lookup& told = nobody) {
    std::map<pid_t, command_number> result;
    for (const auto& x : ledger.assign(table, guardian, told))
      result[x.process.pid] = x.owner;
    return result;
  }
};

using owner_map = std::map<pid_t, command_number>;

} // namespace

SCENARIO("the stat file of a process is read whatever its name holds") {
  const auto facts =
    parse_process_stat("42 (a) R 1 (b) S 7 41 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 "
                       "3 0 987654 1000 2");
  REQUIRE(facts.has_value());
  CHECK((*facts == process_facts{42, 7, 40, 987654, 'S', 3}));
  CHECK(!parse_process_stat(""));
  CHECK(!parse_process_stat("42 (a) S 7 41"));
  CHECK(!parse_process_stat("x (a) S 7 41 40 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 1 2"));
}

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("all that a leader has started belongs to its command, others to none") {
  ledger.add(1, 200);
  ledger.add(2, 300);
  const auto found =
    owners({process(1, 0, 1), process(guardian, 1, guardian), process(200, guardian, 200),
            process(201, 200, 200), process(202, 201, 202), process(300, guardian, 300),
            process(50, 1, 50)});
  CHECK((found == owner_map{{200, 1}, {201, 1}, {202, 1}, {300, 2}}));
}

SCENARIO("an orphan belongs to the command whose session it is in") {
  ledger.add(1, 200);
  CHECK((owners({process(205, guardian, 200)}) == owner_map{{205, 1}}));
}

SCENARIO("an orphan in a session of its own belongs to whom it was seen with") {
  ledger.add(1, 200);
  owners({process(200, guardian, 200), process(210, 200, 210), process(211, 210, 211)});
  CHECK((owners({process(211, guardian, 211), process(212, 211, 212)}) ==
         owner_map{{211, 1}, {212, 1}}));
}

SCENARIO("a number that another process has got means nothing") {
  ledger.add(1, 200);
  owners({process(200, guardian, 200), process(210, 200, 210, 5)});
  CHECK((owners({process(210, guardian, 210, 6)}) == owner_map{{210, 0}}));
}

SCENARIO("what nothing else tells is asked for, and else is nobody's") {
  ledger.add(1, 200);
  const auto told = [](pid_t pid) -> command_number { return pid == 220 ? 1 : 0; };
  CHECK((owners({process(220, guardian, 220), process(221, 220, 221), process(230, guardian, 230)},
                told) == owner_map{{220, 1}, {221, 1}, {230, 0}}));
}

SCENARIO("one by one, a process is known as soon as its parent is") {
  ledger.add(1, 200);
  CHECK(!ledger.see(process(190, 210, 200), guardian, nobody)); // numbers have begun anew
  CHECK(ledger.see(process(200, guardian, 200), guardian, nobody) == 1u);
  CHECK(ledger.see(process(210, 200, 210), guardian, nobody) == 1u);
  CHECK(!ledger.see(process(300, 1, 300), guardian, nobody));
  CHECK(ledger.see(process(190, 210, 200), guardian, nobody) == 1u); // in the second round
}

SCENARIO("a command that was removed owns nothing any more") {
  ledger.add(1, 200);
  ledger.remove(1);
  CHECK((owners({process(205, guardian, 200)}) == owner_map{{205, 0}}));
}

SCENARIO("a table that contradicts itself ends all the same") {
  CHECK(owners({process(200, 201, 200), process(201, 200, 200)}).empty());
  ledger.assign(std::vector{process(200, guardian, 200), process(guardian, 200, 100)}, guardian,
                nobody);
}

END_FIXTURE_SCOPE()
