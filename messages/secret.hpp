#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace troupe {

/// A text that must not reach a log, a message to people, an error, another node or test output: it
/// prints as `***`, and a CAF message that holds one cannot be written or read, so it stays in its
/// process. The one way to the text is `reveal`, so that a search for that word finds every place
/// where it is used.
class secret {
public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  bool operator==(const secret&) const = default;

  /// Refuses everything but printing, the empty text too: whether there is a secret is nobody's
  /// business either.
  template <class Inspector>
  friend bool inspect(Inspector& f, secret&) {
    if constexpr (Inspector::is_loading) {
      return false;
    } else {
      if (!f.has_human_readable_format())
        return false;
      auto get = [] { return std::string{"***"}; };
      auto set = [](const std::string&) { return false; };
      return f.apply(get, set);
    }
  }

private:
  std::string text_;
};

inline std::string to_string(const secret&) {
  return "***";
}

inline std::ostream& operator<<(std::ostream& out, const secret&) {
  return out << "***";
}

} // namespace troupe
