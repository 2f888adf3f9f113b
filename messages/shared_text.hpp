#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// Immutable text that is shared inside a process and a plain string between nodes. Copying costs a
/// reference count; history items, instructions and tool lists are held this way, so that common
/// text exists once.
class shared_text {
public:
  shared_text() = default;
  explicit shared_text(std::string text)
    : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}

  std::string_view view() const { return text_ ? std::string_view{*text_} : std::string_view{}; }
  const std::string& str() const {
    static const std::string empty;
    return text_ ? *text_ : empty;
  }
  bool empty() const { return !text_; }
  std::size_t size() const { return text_ ? text_->size() : 0; }

  /// The shared string itself, for gather lists; null when empty.
  const std::shared_ptr<const std::string>& pointer() const { return text_; }

  friend bool operator==(const shared_text& a, const shared_text& b) {
    return a.text_ == b.text_ || a.view() == b.view();
  }

  template <class Inspector>
  friend bool inspect(Inspector& f, shared_text& x) {
    auto get = [&x] { return x.str(); };
    auto set = [&x](std::string text) {
      x = shared_text{std::move(text)};
      return true;
    };
    return f.apply(get, set);
  }

private:
  std::shared_ptr<const std::string> text_;
};

/// A value that is shared inside a process and copied between nodes. Never null: the default is a
/// default value.
template <class T>
class shared_value {
public:
  shared_value() : value_(std::make_shared<const T>()) {}
  explicit shared_value(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

  friend bool operator==(const shared_value& a, const shared_value& b) {
    return a.value_ == b.value_ || *a.value_ == *b.value_;
  }

  template <class Inspector>
  friend bool inspect(Inspector& f, shared_value& x) {
    auto get = [&x] { return *x.value_; };
    auto set = [&x](T value) {
      x = shared_value{std::move(value)};
      return true;
    };
    return f.apply(get, set);
  }

private:
  std::shared_ptr<const T> value_;
};

} // namespace troupe
