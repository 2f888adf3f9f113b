#include "apps/run/task.hpp"

#include <fmt/format.h>

namespace troupe::run {

namespace {

/// FNV-1a, 64 bits: stable between builds and machines, which std::hash is not.
class digest {
public:
  void add(std::string_view part) {
    for (const char c : part)
      add_byte(static_cast<std::uint8_t>(c));
    add_byte(0xFF); // no byte of UTF-8: "ab","c" differs from "a","bc"
  }

  std::uint64_t value() const { return value_; }

private:
  void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

} // namespace

std::string fingerprint(const task& x) {
  digest sum;
  sum.add(x.prompt);
  sum.add(x.cwd ? x.cwd->string() : "");
  sum.add(x.template_folder ? x.template_folder->string() : "");
  sum.add(x.model.value_or(""));
  sum.add(x.sandbox ? to_text(*x.sandbox) : "");
  sum.add(x.output_schema_json.view());
  for (const auto& tag : x.tags)
    sum.add(tag);
  // Only where they are set: results from before there were identities count on.
  if (x.identity)
    sum.add(fmt::format("identity {}", to_text(*x.identity)));
  if (x.mode)
    sum.add(fmt::format("mode {}", to_text(*x.mode)));
  return fmt::format("{:016x}", sum.value());
}

} // namespace troupe::run
