#include "actors/codex_thread/receipts.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::codex_thread {

namespace {

constexpr std::uint64_t top_bit = 1ULL << 63;

/// The number that `id` is, written as the thread writes its own. None beyond 2^63: a caller must
/// not push the thread's numbers to their end.
std::optional<std::uint64_t> number_of(std::string_view id) {
  std::uint64_t value = 0;
  const auto* end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data(), end, value);
  if (error != std::errc{} || stop != end || (id.size() > 1 && id.front() == '0') ||
      value >= top_bit)
    return std::nullopt;
  return value;
}

/// FNV-1a with the offset given, its bits mixed at the end.
std::uint64_t hash_of(std::string_view text, std::uint64_t offset) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  auto x = offset;
  for (const auto byte : text)
    x = (x ^ static_cast<unsigned char>(byte)) * prime;
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

} // namespace

receipts::key receipts::key_of(std::string_view id) {
  if (const auto number = number_of(id))
    return {0, *number};
  // The top bit: never like a number.
  return {hash_of(id, 14695981039346656037ULL) | top_bit, hash_of(id, 0x9e3779b97f4a7c15ULL)};
}

bool receipts::knows(const key& x) const {
  return std::ranges::any_of(entries_, [&x](const entry& e) { return e.id == x; });
}

std::optional<std::string> receipts::find(std::string_view id) const {
  const auto wanted = key_of(id);
  const auto found = std::ranges::find(entries_, wanted, &entry::id);
  if (found == entries_.end())
    return std::nullopt;
  return found->turn.empty() ? std::string{id} : found->turn.str();
}

bool receipts::is_given(std::string_view id) const {
  const auto number = number_of(id);
  return number && *number < next_number_;
}

std::uint64_t receipts::first_free() const {
  auto number = next_number_;
  while (knows({0, number}))
    ++number;
  return number;
}

std::string receipts::next_id() const {
  return std::to_string(first_free());
}

void receipts::use_next_id() {
  next_number_ = first_free() + 1;
}

void receipts::remember(std::string_view id, std::string_view turn) {
  entry added{key_of(id), turn == id ? shared_text{} : shared_text{std::string{turn}}};
  if (entries_.size() < max_remembered) {
    entries_.push_back(std::move(added));
    return;
  }
  auto& oldest = entries_[oldest_];
  // A number that is forgotten must not be given out later.
  if (oldest.id.high == 0)
    next_number_ = std::max(next_number_, oldest.id.low + 1);
  oldest = std::move(added);
  oldest_ = (oldest_ + 1) % max_remembered;
}

} // namespace troupe::codex_thread
