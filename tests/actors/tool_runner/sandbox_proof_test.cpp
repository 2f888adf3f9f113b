#define CAF_SUITE sandbox_proof
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_proof.hpp"

#include <string>

using troupe::tool_runner::sandbox_proof;

SCENARIO("only the words of a command that could not write prove a sandbox") {
  using enum sandbox_proof::verdict;
  const auto uut = sandbox_proof::make();
  const auto words = uut.command({"/home/u/.codex", "", "/tmp"});
  REQUIRE_EQ(words.size(), 6u);
  const auto& word = words[3];
  CHECK(uut.judge(word + " held\n") == shown);
  CHECK(uut.judge(word + " written\n") == ran_outside);
  for (const auto& output : {std::string{}, std::string{"held\n"}, word, "-- " + word + " held\n",
                             sandbox_proof::make().command({})[3] + " held\n"})
    CHECK(uut.judge(output) == nothing_ran);
}
