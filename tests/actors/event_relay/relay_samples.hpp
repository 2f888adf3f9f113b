#pragma once

#include "messages/interfaces.hpp" // type ids, with which failed checks print values

namespace troupe::test {

inline thread_id thread_number(std::uint8_t number) {
  thread_id result;
  result.bytes[15] = number;
  return result;
}

inline thread_created created(std::uint8_t number, const char* node = "a") {
  thread_created result;
  result.thread = thread_number(number);
  result.node = {node};
  return result;
}

inline thread_closed closed(std::uint8_t number, const char* reason, const char* node = "a") {
  return {thread_number(number), reason, {node}};
}

} // namespace troupe::test
