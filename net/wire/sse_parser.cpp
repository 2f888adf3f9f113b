#include "net/wire/sse_parser.hpp"

#include <algorithm>
#include <utility>

namespace troupe::net {

namespace {

// A larger buffer is given back behind its line.
constexpr std::size_t kept_capacity_bytes = 4 * 1024;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The next line feed and carriage return of a text. Each is searched only when the previous one has
// been passed, so a text is scanned twice in all, whatever its line ends are.
class line_end_finder {
public:
  explicit line_end_finder(std::string_view text) : text_(text) {}

  std::size_t next(std::size_t from) {
    advance(line_feed_, '\n', from);
    advance(carriage_return_, '\r', from);
    return std::min(line_feed_.at, carriage_return_.at);
  }

private:
  struct mark {
    std::size_t at = 0;
    bool known = false;
  };

  void advance(mark& x, char wanted, std::size_t from) const {
    if (x.known && x.at >= from)
      return;
    x = {std::min(text_.find(wanted, from), text_.size()), true};
  }

  std::string_view text_;
  mark line_feed_;
  mark carriage_return_;
};

} // namespace

net_errc sse_parser::feed(std::string_view chunk, std::vector<sse_event>& out) {
  const auto usable = chunk.substr(0, utf8_.accept(chunk));
  if (failure_ == net_errc::none)
    split_lines(without_byte_order_mark(usable), out);
  return failure_;
}

net_errc sse_parser::finish() {
  // UTF-8 first: whether an invalid sequence also crosses the limit depends on where chunks end.
  if (utf8_.failed() || utf8_.is_inside_sequence())
    return net_errc::bad_utf8;
  return failure_;
}

// What an event leaves behind is small; only an unfinished one takes more than a chunk.
bool sse_parser::make_room(std::size_t for_line, std::size_t for_data) {
  const auto line = grown_capacity(line_.capacity(), line_.size() + for_line);
  const auto data = grown_capacity(data_.capacity(), data_.size() + for_data);
  if (!share_.hold(line + data)) {
    failure_ = net_errc::too_much_unfinished;
    return false;
  }
  regrow(line_, line);
  regrow(data_, data);
  return true;
}

std::string_view sse_parser::without_byte_order_mark(std::string_view text) {
  while (mark_bytes_seen_ < byte_order_mark.size() && !text.empty()) {
    if (text.front() != byte_order_mark[mark_bytes_seen_]) {
      line_ = byte_order_mark.substr(0, mark_bytes_seen_); // it was the start of the first line
      mark_bytes_seen_ = byte_order_mark.size();
      break;
    }
    ++mark_bytes_seen_;
    text.remove_prefix(1);
  }
  return text;
}

void sse_parser::split_lines(std::string_view text, std::vector<sse_event>& out) {
  if (text.empty())
    return;
  std::size_t start = skip_line_feed_ && text.front() == '\n' ? 1 : 0;
  skip_line_feed_ = false;
  line_end_finder line_ends{text};
  for (;;) {
    const auto end = line_ends.next(start);
    const auto piece = text.substr(start, end - start);
    if (line_.size() + data_.size() + name_.size() + piece.size() > max_event_bytes_) {
      failure_ = net_errc::too_large;
      return;
    }
    if (end == text.size()) {
      if (make_room(piece.size(), 0))
        line_ += piece;
      return;
    }
    end_line(piece, out);
    if (failure_ != net_errc::none)
      return;
    start = end + 1;
    if (text[end] == '\r') {
      skip_line_feed_ = start == text.size();
      if (!skip_line_feed_ && text[start] == '\n')
        ++start;
    }
  }
}

void sse_parser::end_line(std::string_view piece, std::vector<sse_event>& out) {
  if (line_.empty()) { // the usual case: the whole line is in this chunk, nothing is copied
    on_line(piece, out);
    return;
  }
  if (!make_room(piece.size(), 0))
    return;
  line_ += piece;
  on_line(line_, out);
  line_.clear();
  if (line_.capacity() > kept_capacity_bytes) {
    line_ = std::string{};
    share_.hold(line_.capacity() + data_.capacity());
  }
}

void sse_parser::on_line(std::string_view line, std::vector<sse_event>& out) {
  if (line.empty()) {
    dispatch(out);
    return;
  }
  const auto colon = line.find(':');
  if (colon == 0) // a comment
    return;
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  on_field(line.substr(0, colon), value);
}

void sse_parser::on_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (!make_room(0, value.size() + 1))
      return;
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    name_ = value;
  }
}

void sse_parser::dispatch(std::vector<sse_event>& out) {
  if (has_data_)
    out.push_back({std::move(data_), std::move(name_)});
  has_data_ = false;
  data_.clear();
  name_.clear();
  share_.hold(line_.capacity() + data_.capacity()); // what was handed on is not kept here
}

} // namespace troupe::net
