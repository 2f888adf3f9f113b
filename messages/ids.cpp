#include "messages/ids.hpp"

#include <random>

namespace troupe {

namespace {

std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device entropy;
    std::seed_seq seed{entropy(), entropy(), entropy(), entropy()};
    return std::mt19937_64{seed};
  }();
  return engine;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool is_hyphen_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

std::string uuid_text(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      out += '-';
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

void put_random(std::array<std::uint8_t, 16>& bytes, std::size_t first, std::uint64_t random) {
  for (std::size_t i = first; i < first + 8 && i < 16; ++i) {
    bytes[i] = static_cast<std::uint8_t>(random);
    random >>= 8;
  }
}

void put_version(std::array<std::uint8_t, 16>& bytes, unsigned version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
}

} // namespace

std::string to_string(const thread_id& x) {
  return uuid_text(x.bytes);
}

std::optional<thread_id> parse_thread_id(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  thread_id result;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_position(i)) {
      if (text[i] != '-')
        return std::nullopt;
      continue;
    }
    const int value = hex_digit(text[i]);
    if (value < 0)
      return std::nullopt;
    auto& byte = result.bytes[digit / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++digit;
  }
  return result;
}

thread_id make_thread_id(std::chrono::system_clock::time_point now, std::uint64_t random_a,
                         std::uint64_t random_b) {
  using namespace std::chrono;
  thread_id result;
  put_random(result.bytes, 0, random_a);
  put_random(result.bytes, 8, random_b);
  auto millis =
    static_cast<std::uint64_t>(duration_cast<milliseconds>(now.time_since_epoch()).count());
  for (std::size_t i = 6; i-- > 0; millis >>= 8)
    result.bytes[i] = static_cast<std::uint8_t>(millis);
  put_version(result.bytes, 7);
  return result;
}

thread_id new_thread_id() {
  auto& random = generator();
  const auto a = random();
  const auto b = random();
  return make_thread_id(std::chrono::system_clock::now(), a, b);
}

std::string new_item_id() {
  auto& random = generator();
  std::array<std::uint8_t, 16> bytes{};
  put_random(bytes, 0, random());
  put_random(bytes, 8, random());
  put_version(bytes, 4);
  return uuid_text(bytes);
}

} // namespace troupe
