#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <variant>

namespace troupe::common {

/// Opens /dev/null for each of the descriptors 0 to 2 that the parent left closed: otherwise the
/// first file or socket would take its number and receive our output. What is written to a standard
/// output that was closed stays lost, though: writing to it fails (EBADF), and no command whose
/// output that was ends with success. Call it first in `main`.
void open_standard_streams();

/// Everything up to the end of the stream. `std::errc::file_too_large` beyond `max_bytes`. Blocks.
std::variant<std::string, std::error_code> read_to_end(int descriptor, std::size_t max_bytes);

/// Reads and forgets until the end of the stream, for at most `limit`. A program that ends before
/// it has read what its parent is about to write breaks that parent's pipe: the official SDK takes
/// this for a crash and never looks at the error.
void discard_input(int descriptor, std::chrono::milliseconds limit);

} // namespace troupe::common
