#pragma once

// Frames between nodes, made by hand.

#include "net/wire/basp_gate.hpp"

#include <string>

namespace troupe::net::test {

inline std::string big_endian(std::uint64_t x, int bytes) {
  std::string result;
  for (int i = bytes - 1; i >= 0; --i)
    result += static_cast<char>(x >> (8 * i) & 0xFF);
  return result;
}

struct frame {
  int operation = 6;
  int flags = 0;
  std::uint64_t data = 0;
  std::uint64_t source = 0;
  std::uint64_t destination = 0;
  std::string payload{};
  std::uint32_t announced = 0; ///< 0: as long as it is

  std::string bytes() const {
    const auto length = announced != 0 ? announced : static_cast<std::uint32_t>(payload.size());
    return big_endian(static_cast<std::uint64_t>(operation), 1) + std::string(2, '\0') +
           big_endian(static_cast<std::uint64_t>(flags), 1) + big_endian(length, 4) +
           big_endian(data, 8) + big_endian(source, 8) + big_endian(destination, 8) + payload;
  }
};

inline std::string node_id(char name) {
  return '\1' + std::string(basp_node_bytes - 1, name);
}

constexpr std::uint64_t answer = 0x8000'0000'0000'0000;

inline std::string client_handshake(char node) {
  return frame{.operation = 1, .payload = node_id(node)}.bytes();
}

inline std::string server_handshake(char node) {
  return frame{.operation = 0, .data = 4, .payload = node_id(node) + "rest"}.bytes();
}

/// To actor 7; no stages, one element.
inline frame message(int type, std::string content = "content") {
  return {.operation = 2,
          .destination = 7,
          .payload = std::string("\0\1", 2) + big_endian(static_cast<std::uint64_t>(type), 2) +
                     std::move(content)};
}

inline basp_rules some_rules() {
  basp_rules x;
  x.max_payload_bytes = 1000;
  x.max_handshake_bytes = 200;
  x.max_down_bytes = 200;
  x.types = {210, 220};
  x.text_type = 12;
  x.error_type = 27;
  return x;
}

} // namespace troupe::net::test
