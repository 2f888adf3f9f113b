#include "apps/exec/last_message.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <system_error>

namespace troupe::exec {

last_message_result write_last_message(const std::filesystem::path& file,
                                       const common::turn_outcome& outcome) {
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << outcome.final_message().value_or("");
  out.close();
  if (!out)
    return {fmt::format("Failed to write last message file \"{}\": {}\n", file.string(),
                        std::generic_category().message(errno)),
            true};
  if (outcome.status() == common::turn_status::completed && !outcome.final_message())
    return {
      fmt::format("Warning: no last agent message; wrote empty content to {}\n", file.string())};
  return {};
}

} // namespace troupe::exec
