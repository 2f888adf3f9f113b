#define CAF_SUITE wire_enum
#include <caf/test/bdd_dsl.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "messages/errors.hpp"
#include "messages/event.hpp"
#include "messages/settings.hpp"

using namespace troupe;

namespace {

template <class Enum>
std::optional<Enum> read(std::uint8_t number) {
  caf::byte_buffer bytes{static_cast<caf::byte>(number)};
  caf::binary_deserializer in{nullptr, bytes};
  Enum result{};
  return in.apply(result) ? std::optional{result} : std::nullopt;
}

/// Every number of the enum and every text, there and back.
template <class Enum>
void check_enum() {
  const auto& texts = enum_texts<Enum>::values;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto value = static_cast<Enum>(i);
    CHECK(!texts[i].empty());
    CHECK_EQ(parse_enum<Enum>(to_text(value)), value);
    caf::byte_buffer bytes;
    caf::binary_serializer out{nullptr, bytes};
    REQUIRE(out.apply(value));
    REQUIRE_EQ(bytes.size(), 1u);
    CHECK_EQ(read<Enum>(static_cast<std::uint8_t>(i)), value);
  }
  CHECK(!read<Enum>(static_cast<std::uint8_t>(texts.size())));
  CHECK(!read<Enum>(255));
}

} // namespace

SCENARIO("an enum travels as its number, and a number without a name is refused") {
  check_enum<errc>();
  check_enum<model_errc>();
  check_enum<approval_policy>();
  check_enum<sandbox_mode>();
  check_enum<reasoning_effort>();
  check_enum<item_kind>();
  check_enum<error_class>();
}

SCENARIO("texts of enums are exact") {
  CHECK_EQ(parse_enum<approval_policy>("on-request"), approval_policy::on_request);
  CHECK_EQ(parse_enum<approval_policy>("on_request"), std::nullopt);
  CHECK_EQ(parse_enum<approval_policy>("On-Request"), std::nullopt);
  CHECK_EQ(parse_enum<approval_policy>(""), std::nullopt);
  CHECK_EQ(to_string(reasoning_summary::automatic), "auto");
}
