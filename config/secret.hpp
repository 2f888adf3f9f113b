#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace troupe::config {

/// A text that must not reach a log, a message, an error or test output: it prints as `***`. The
/// one way to the text is `reveal`, so that a search for that word finds every place where it is
/// used.
class secret {
public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  bool operator==(const secret&) const = default;

private:
  std::string text_;
};

inline std::string to_string(const secret&) {
  return "***";
}

inline std::ostream& operator<<(std::ostream& out, const secret&) {
  return out << "***";
}

} // namespace troupe::config
