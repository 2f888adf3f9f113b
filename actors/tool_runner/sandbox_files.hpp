#pragma once

#include "actors/tool_runner/file_view.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"

#include <utility>

namespace troupe::tool_runner {

/// The disk as a sandbox shows it, for what this program itself reads on an agent's word: the
/// private /tmp in the place of the machine's, and nothing of what is hidden, through links
/// neither.
class sandbox_files final : public file_view {
public:
  explicit sandbox_files(sandbox_plan plan) : plan_(std::move(plan)) {}

  std::variant<file_snapshot, std::error_code> read(const std::string& path) const override;

private:
  sandbox_plan plan_;
};

} // namespace troupe::tool_runner
