#include "actors/rollout_recorder/rollout_reader.hpp"

#include "actors/rollout_recorder/line_mending.hpp"
#include "actors/rollout_recorder/meta_codec.hpp"
#include "config/text_file.hpp"

#include <utility>

namespace troupe::rollout_recorder {

void rollout_reader::feed(std::string_view chunk) {
  for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    const auto piece = chunk.substr(0, end);
    chunk.remove_prefix(end + 1);
    if (open_line_.empty() && !is_too_long_ && piece.size() <= line_limit_) {
      end_line(piece); // the usual case, without a copy
      continue;
    }
    take_piece(piece);
    end_line(open_line_);
    open_line_.clear();
  }
  take_piece(chunk);
}

std::variant<rollout_contents, failed_reading>
rollout_reader::finish(std::optional<thread_id> named) {
  if (!open_line_.empty() || is_too_long_) {
    const auto damaged_before = contents_.damaged_lines;
    end_line(open_line_);
    contents_.torn_tail = contents_.damaged_lines > damaged_before;
  }
  if (contents_.lines.empty() && contents_.damaged_lines == 0)
    return failed_reading{reading_fault::empty_file};
  if (lost_meta_ && !has_meta_ && named) {
    contents_.thread = *named;
    has_meta_ = true;
  }
  if (!has_meta_)
    return failed_reading{.fault = reading_fault::no_session_meta,
                          .damaged_at = contents_.damaged_at.empty() ? 0 : contents_.damaged_at[0],
                          .damage = first_damage_};
  return std::move(contents_);
}

void rollout_reader::take_piece(std::string_view piece) {
  if (is_too_long_)
    return;
  if (piece.size() > line_limit_ - open_line_.size()) {
    is_too_long_ = true;
    open_line_ = {};
    return;
  }
  open_line_ += piece;
}

void rollout_reader::end_line(std::string_view line) {
  ++line_number_;
  if (std::exchange(is_too_long_, false))
    return count_damage(line_fault::not_a_line);
  line = config::without_mark(line); // of the file, or of one that was joined to it
  if (without_space(line).empty())
    return;
  const auto decoded = decoder_.decode(line);
  if (const auto* good = std::get_if<decoded_line>(&decoded))
    return keep(*good);
  count_damage(line_number_ == 1 && is_utf16(line) ? line_fault::utf16
                                                   : std::get<line_fault>(decoded));
  if (!has_meta_ && line.size() <= max_mended_bytes && claims_to_be_meta(line))
    save_meta(line);
}

void rollout_reader::save_meta(std::string_view line) {
  const auto mended = mended_line(line);
  const auto decoded = decoder_.decode(mended);
  if (const auto* good = std::get_if<decoded_line>(&decoded))
    keep(*good);
  else
    lost_meta_ = true;
}

void rollout_reader::count_damage(line_fault fault) {
  if (contents_.damaged_lines == 0)
    first_damage_ = fault;
  ++contents_.damaged_lines;
  if (contents_.damaged_at.size() < max_damaged_numbers)
    contents_.damaged_at.push_back(line_number_);
}

void rollout_reader::keep(const decoded_line& line) {
  if (line.kind == line_kind::meta && !has_meta_) {
    if (const auto meta = parse_meta(line.payload)) {
      contents_.thread = meta->thread;
      has_meta_ = true;
    }
  }
  contents_.lines.push_back({line.kind, shared_text{std::string{line.payload}}});
}

} // namespace troupe::rollout_recorder
