#pragma once

#include <caf/deserializer.hpp>

#include <cstdint>
#include <string>

/// Fills any inspectable value with distinct contents, by pretending to be an input to read it
/// from. A new field is filled without anybody writing a sample for it. The seed decides the
/// alternative of the first variant and which optional fields are there; seeds 0 to 63 reach all of
/// them.
class sample_filler : public caf::deserializer {
public:
  explicit sample_filler(unsigned seed) : seed_(seed), choice_(seed) {}

  bool fetch_next_object_type(caf::type_id_t&) override { return false; }
  bool begin_object(caf::type_id_t, caf::string_view) override { return true; }
  bool end_object() override { return true; }
  bool begin_field(caf::string_view) override { return true; }
  bool begin_field(caf::string_view, bool& is_present) override {
    is_present = seed_ % 2 == 0;
    return true;
  }
  bool begin_field(caf::string_view, caf::span<const caf::type_id_t> types,
                   std::size_t& index) override {
    index = choice_++ % types.size();
    return true;
  }
  bool begin_field(caf::string_view name, bool& is_present, caf::span<const caf::type_id_t> types,
                   std::size_t& index) override {
    return begin_field(name, is_present) && begin_field(name, types, index);
  }
  bool end_field() override { return true; }
  bool begin_tuple(std::size_t) override { return true; }
  bool end_tuple() override { return true; }
  bool begin_key_value_pair() override { return true; }
  bool end_key_value_pair() override { return true; }
  bool begin_sequence(std::size_t& size) override {
    size = 2;
    return true;
  }
  bool end_sequence() override { return true; }
  bool begin_associative_array(std::size_t& size) override { return begin_sequence(size); }
  bool end_associative_array() override { return true; }

  bool value(caf::byte& x) override { return set(x); }
  bool value(bool& x) override {
    x = next_++ % 2 == 0;
    return true;
  }
  bool value(std::int8_t& x) override { return set(x); }
  /// Every enum of ours has a 0 and a 1.
  bool value(std::uint8_t& x) override {
    x = static_cast<std::uint8_t>(next_++ % 2);
    return true;
  }
  bool value(std::int16_t& x) override { return set(x); }
  bool value(std::uint16_t& x) override { return set(x); }
  bool value(std::int32_t& x) override { return set(x); }
  bool value(std::uint32_t& x) override { return set(x); }
  bool value(std::int64_t& x) override { return set(x); }
  bool value(std::uint64_t& x) override { return set(x); }
  bool value(float& x) override { return set(x); }
  bool value(double& x) override { return set(x); }
  bool value(long double& x) override { return set(x); }
  bool value(std::string& x) override {
    x = "text " + std::to_string(next_++);
    return true;
  }
  bool value(std::u16string&) override { return false; } // no message has one
  bool value(std::u32string&) override { return false; }
  bool value(caf::span<caf::byte>) override { return false; }

private:
  template <class Number>
  bool set(Number& x) {
    x = static_cast<Number>(next_++);
    return true;
  }

  unsigned seed_;
  unsigned choice_;
  unsigned next_ = 1;
};
