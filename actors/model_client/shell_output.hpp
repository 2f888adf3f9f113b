#pragma once

#include "messages/shared_text.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Outputs of shell-like calls as plain text instead of JSON, for models that get the freeform
/// `apply_patch` tool (contract responses-client.md 4.3).
namespace troupe::model_client {

/// Does the tool list hold a `custom` tool named `apply_patch`?
bool offers_freeform_patch(std::string_view tools_json);

/// The text form of `{"output":...,"metadata":{"exit_code":...,"duration_seconds":...}}`; none when
/// `output` is something else, which then stays as it is.
std::optional<std::string> shell_output_text(std::string_view output);

/// An output item with its output in text form; none when there is nothing to rewrite.
std::optional<std::string> with_text_output(std::string_view item_json);

/// Rewrites the inputs of requests. History repeats from request to request, so results are kept by
/// the identity of the items, within the two bounds.
class shell_output_formatter {
public:
  static constexpr std::size_t max_kept_bytes = 8 * 1024 * 1024;
  static constexpr std::size_t max_kept_items = 16 * 1024;

  /// The items as they are to be sent. An item that is not concerned is the given one.
  std::vector<shared_text> format(const shared_text& tools_json, std::vector<shared_text> input);

private:
  using text_pointer = std::shared_ptr<const std::string>;
  using identity = std::weak_ptr<const std::string>;

  bool is_wanted(const shared_text& tools_json);
  shared_text formatted(const shared_text& item);

  identity tools_; // those `offers_patch_` speaks of: nearly always the next request's, too
  bool offers_patch_ = false;
  std::map<identity, shared_text, std::owner_less<>> kept_; // empty text: not to be rewritten
  std::size_t kept_bytes_ = 0;
};

} // namespace troupe::model_client
