#include "actors/tool_runner/sandbox_proof.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// $0 is the word, the others are folders. In a shell of its own per try: a redirection that fails
/// ends some shells.
constexpr auto proof_script = R"(told=held; for at; do if (: >"$at/.troupe-$0") 2>&-; then )"
                              R"(rm -f "$at/.troupe-$0"; told=written; fi; done; echo "$0 $told")";

} // namespace

sandbox_proof sandbox_proof::make() {
  std::random_device random;
  return sandbox_proof{fmt::format("{:08x}{:08x}", random(), random())};
}

std::vector<std::string> sandbox_proof::command(const std::vector<std::string>& folders) const {
  std::vector<std::string> result{"/bin/sh", "-c", proof_script, word_};
  for (const auto& x : folders)
    if (!x.empty())
      result.push_back(x);
  return result;
}

sandbox_proof::verdict sandbox_proof::judge(std::string_view output) const {
  if (output == word_ + " held\n")
    return verdict::shown;
  return output == word_ + " written\n" ? verdict::ran_outside : verdict::nothing_ran;
}

} // namespace troupe::tool_runner
