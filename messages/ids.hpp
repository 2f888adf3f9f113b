#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// A thread's identity: a UUID, version 7 when made here, any valid UUID when parsed (contract
/// threads.md 1.1).
struct thread_id {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const thread_id&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_id& x) {
  return f.object(x).fields(f.field("bytes", x.bytes));
}

/// The lower-case hyphenated form.
std::string to_string(const thread_id& x);

/// Accepts the hyphenated form in either case; none for anything else.
std::optional<thread_id> parse_thread_id(std::string_view text);

/// A version 7 id of that time; the 74 random bits come from the two numbers.
thread_id make_thread_id(std::chrono::system_clock::time_point now, std::uint64_t random_a,
                         std::uint64_t random_b);

/// A version 7 id of now, random bits from a generator seeded once per OS thread from the system's
/// entropy.
thread_id new_thread_id();

/// A version 4 UUID in text form, for items that need an id of their own.
std::string new_item_id();

/// Name of a node in a cluster; unique in it, chosen by its operator or derived from host and
/// process.
struct node_name {
  std::string value;
  auto operator<=>(const node_name&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, node_name& x) {
  return f.apply(x.value);
}

/// Number of a model stream, unique per thread actor; a late message of an earlier stream is
/// recognised by it.
using stream_number = std::uint64_t;

} // namespace troupe

template <>
struct std::hash<troupe::thread_id> {
  std::size_t operator()(const troupe::thread_id& x) const noexcept {
    // The last eight bytes of a version 7 id are random but for two bits.
    std::size_t result = 0;
    for (std::size_t i = 8; i < 16; ++i)
      result = result << 8 | x.bytes[i];
    return result;
  }
};
