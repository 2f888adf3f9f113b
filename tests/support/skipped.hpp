#pragma once

#include <caf/test/dsl.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <source_location>
#include <string>
#include <string_view>

namespace troupe::test {

/// Tells that a scenario checks nothing here, and why; scripts/test collects these lines. Where
/// TROUPE_REQUIRE_SANDBOX is 1 a missing sandbox is a failure instead.
inline void skipped(const std::string& why,
                    std::source_location where = std::source_location::current()) {
  const auto* required = std::getenv("TROUPE_REQUIRE_SANDBOX");
  if (required != nullptr && std::string_view{required} == "1")
    CAF_FAIL("TROUPE_REQUIRE_SANDBOX=1, but: " << why);
  std::printf("skipped: %s:%u: %s\n", std::filesystem::path{where.file_name()}.filename().c_str(),
              static_cast<unsigned>(where.line()), why.c_str());
  std::fflush(stdout);
}

} // namespace troupe::test
