#include "messages/json/item_json.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

// Any bytes: no crash, and what was stored once is read and stored the same ever after. (The first
// storing may differ from the second: a reasoning list without raw text is left out, and what is
// left out is null.)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto first = troupe::parse_response_item(input);
  if (!first)
    return 0;
  const auto second = troupe::parse_response_item(first->json.view());
  if (!second)
    std::abort();
  const auto third = troupe::parse_response_item(second->json.view());
  if (!third || *third != *second)
    std::abort();
  troupe::is_user_message(*first);
  troupe::call_arguments(*first);
  troupe::message_text(*first, "input_text");
  return 0;
}
