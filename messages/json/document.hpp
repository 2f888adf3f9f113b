#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <string_view>

namespace troupe {

/// Deeper JSON is refused: trees are written and destroyed recursively.
inline constexpr std::size_t max_json_depth = 128;

/// A parsed JSON text for reading. Small ones live on the stack with the document; nothing is freed
/// piece by piece.
class json_document {
public:
  /// The text need not outlive the document.
  explicit json_document(std::string_view json);
  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;

  /// Null when the text is not one valid JSON value.
  const boost::json::value* root() const { return valid_ ? &root_ : nullptr; }

private:
  std::array<unsigned char, 4096> buffer_;
  boost::json::monotonic_resource memory_{buffer_.data(), buffer_.size()};
  boost::json::value root_;
  bool valid_ = false;
};

} // namespace troupe
