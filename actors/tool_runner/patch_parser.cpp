#include "actors/tool_runner/patch_parser.hpp"

#include "actors/tool_runner/utf8_text.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace troupe::tool_runner {

namespace {

constexpr std::string_view begin_marker = "*** Begin Patch";
constexpr std::string_view end_marker = "*** End Patch";
constexpr std::string_view add_marker = "*** Add File: ";
constexpr std::string_view delete_marker = "*** Delete File: ";
constexpr std::string_view update_marker = "*** Update File: ";
constexpr std::string_view move_marker = "*** Move to: ";
constexpr std::string_view end_of_file_marker = "*** End of File";

using line_span = std::span<const std::string_view>;

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// Takes `prefix` off the front of `line`, if it is there.
bool consume(std::string_view& line, std::string_view prefix) {
  if (!line.starts_with(prefix))
    return false;
  line.remove_prefix(prefix.size());
  return true;
}

std::optional<patch_syntax_error> check_frame(line_span lines) {
  if (lines.empty() || trim(lines.front()) != begin_marker)
    return patch_syntax_error{
      {}, fmt::format("The first line of the patch must be '{}'", begin_marker)};
  if (lines.size() < 2 || trim(lines.back()) != end_marker)
    return patch_syntax_error{{},
                              fmt::format("The last line of the patch must be '{}'", end_marker)};
  return std::nullopt;
}

/// Models quote the here-document of a shell call into the argument; its frame is dropped.
std::optional<line_span> without_here_document(line_span lines) {
  if (lines.size() < 4)
    return std::nullopt;
  const auto first = lines.front();
  if (first != "<<EOF" && first != "<<'EOF'" && first != "<<\"EOF\"")
    return std::nullopt;
  if (!lines.back().ends_with("EOF"))
    return std::nullopt;
  return lines.subspan(1, lines.size() - 2);
}

/// Reads hunks from the lines between the markers; the first error ends the reading.
class hunk_reader {
public:
  explicit hunk_reader(line_span lines) : lines_(lines) {}

  parsed_patch read_all() {
    patch result;
    while (!at_end()) {
      auto hunk = read_hunk();
      if (!hunk)
        return std::move(*error_);
      result.hunks.push_back(std::move(*hunk));
    }
    return result;
  }

private:
  bool at_end() const { return next_ == lines_.size(); }

  std::string_view current() const { return lines_[next_]; }

  /// Counted from the begin marker, which is line 1 and not among `lines_`.
  std::size_t line_number() const { return next_ + 2; }

  std::nullopt_t fail(std::size_t line, std::string message) {
    error_ = patch_syntax_error{line, std::move(message)};
    return std::nullopt;
  }

  std::optional<patch_hunk> read_hunk() {
    auto header = trim(current());
    const auto line = line_number();
    ++next_;
    if (consume(header, add_marker))
      return read_add(header);
    if (consume(header, delete_marker))
      return delete_file{std::string{header}};
    if (consume(header, update_marker))
      return read_update(header, line);
    return fail(line,
                fmt::format("'{}' is not a hunk header; a hunk begins with '{}PATH', '{}PATH' or "
                            "'{}PATH'",
                            header, add_marker, delete_marker, update_marker));
  }

  patch_hunk read_add(std::string_view path) {
    add_file result{std::string{path}, {}};
    for (; !at_end() && current().starts_with('+'); ++next_)
      result.content.append(current().substr(1)).push_back('\n');
    return result;
  }

  std::optional<patch_hunk> read_update(std::string_view path, std::size_t header_line) {
    update_file result{std::string{path}, {}, {}};
    if (!at_end()) {
      auto line = current();
      if (consume(line, move_marker)) {
        result.move_to = std::string{line};
        ++next_;
      }
    }
    while (skip_blank_lines(), !at_end() && !current().starts_with("***")) {
      auto chunk = read_chunk(result.chunks.empty());
      if (!chunk)
        return std::nullopt;
      result.chunks.push_back(std::move(*chunk));
    }
    if (result.chunks.empty())
      return fail(header_line, fmt::format("Update file hunk for path '{}' is empty", path));
    return result;
  }

  void skip_blank_lines() {
    while (!at_end() && trim(current()).empty())
      ++next_;
  }

  std::optional<patch_chunk> read_chunk(bool is_first_of_file) {
    patch_chunk result;
    auto line = current();
    if (line == "@@") {
      ++next_;
    } else if (consume(line, "@@ ")) {
      result.context = std::string{line};
      ++next_;
    } else if (!is_first_of_file) {
      return fail(
        line_number(),
        fmt::format("Expected update hunk to start with a @@ context marker, got: '{}'", line));
    }
    if (!read_chunk_lines(result))
      return std::nullopt;
    return result;
  }

  bool read_chunk_lines(patch_chunk& chunk) {
    const auto start = next_;
    while (!at_end() && current() != end_of_file_marker && take_change_line(chunk))
      ++next_;
    const auto is_empty = next_ == start;
    const auto line = at_end() ? std::string_view{end_of_file_marker} : current();
    if (is_empty && line != end_of_file_marker) {
      fail(line_number(), fmt::format("Unexpected line found in update hunk: '{}'. Each line of a "
                                      "change begins with ' ' (kept), '+' (added) or '-' (removed)",
                                      line));
      return false;
    }
    if (is_empty) {
      fail(line_number(), "Update hunk does not contain any lines");
      return false;
    }
    if (!at_end() && current() == end_of_file_marker) {
      chunk.at_end_of_file = true;
      ++next_;
    }
    return true;
  }

  /// False for a line that cannot belong to a chunk. An empty line is a context line whose blank an
  /// editor or the model has dropped.
  bool take_change_line(patch_chunk& chunk) {
    const auto line = current();
    const auto kind = line.empty() ? ' ' : line.front();
    const auto text = line.empty() ? line : line.substr(1);
    if (kind != ' ' && kind != '+' && kind != '-')
      return false;
    if (kind != '+')
      chunk.old_lines.emplace_back(text);
    if (kind != '-')
      chunk.new_lines.emplace_back(text);
    return true;
  }

  line_span lines_;
  std::size_t next_ = 0;
  std::optional<patch_syntax_error> error_;
};

} // namespace

std::string to_string(const patch_syntax_error& x) {
  if (x.line)
    return fmt::format("invalid hunk at line {}, {}", *x.line, x.message);
  return fmt::format("invalid patch: {}", x.message);
}

parsed_patch parse_patch(std::string_view text) {
  const auto all = split_lines(trim(text));
  line_span lines{all};
  if (auto error = check_frame(lines)) {
    const auto inner = without_here_document(lines);
    if (!inner)
      return std::move(*error);
    lines = *inner;
    if (auto inner_error = check_frame(lines))
      return std::move(*inner_error);
  }
  return hunk_reader{lines.subspan(1, lines.size() - 2)}.read_all();
}

// One rule per row of the contract's table. No terminal may match nothing: Lark's lexers refuse
// that.
std::string_view patch_grammar() {
  return R"(start: begin hunk+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?

hunk: add | delete | update
add: "*** Add File: " TEXT LF added+
added: "+" TEXT? LF
delete: "*** Delete File: " TEXT LF
update: "*** Update File: " TEXT LF move? change?
move: "*** Move to: " TEXT LF

change: (context | changed)+ eof?
context: "@@" (" " TEXT)? LF
changed: ("+" | "-" | " ") TEXT? LF
eof: "*** End of File" LF

TEXT: /[^\n]+/
%import common.LF
)";
}

} // namespace troupe::tool_runner
